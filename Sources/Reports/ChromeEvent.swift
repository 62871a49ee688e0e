// One event of a Chrome trace, and its JSON.

/// An event.
struct ChromeEvent {
  /// `B` and `E` for a slice's ends, `X` for a slice, `b` and `e` for an asynchronous one, `s` and
  /// `f` for an arrow, `C` for a counter, `i` for an instant.
  let phase: String
  let track: Int
  /// Microseconds.
  let time: Int
  let name: String
  let category: String
  /// What belongs together, for asynchronous slices and arrows.
  var id: Int?
  /// Names with JSON values.
  var arguments: [(String, String)] = []

  init(_ phase: String, _ track: Int, _ time: Int, _ name: String, _ category: String) {
    self.phase = phase
    self.track = track
    self.time = time
    self.name = name
    self.category = category
  }

  /// The event as JSON.
  var text: String {
    var members = [
      "\"ph\": \"\(phase)\"", "\"pid\": 1", "\"tid\": \(track)", "\"ts\": \(time)",
      "\"cat\": \(Self.quoted(category))",
    ]
    if !name.isEmpty { members.append("\"name\": \(Self.quoted(name))") }
    if let id { members.append("\"id\": \(id)") }
    switch phase {
    case "X": members.append("\"dur\": 1")
    // The arrow ends at the slice around it, not at the next one.
    case "f": members.append("\"bp\": \"e\"")
    case "i": members.append("\"s\": \"g\"")
    default: break
    }
    if !arguments.isEmpty {
      let list = arguments.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
      members.append("\"args\": {\(list)}")
    }
    return "{" + members.joined(separator: ", ") + "}"
  }

  /// A name or a place in the order of the process or of a track.
  static func metadata(_ what: String, track: Int, _ key: String, _ value: String) -> String {
    "{\"ph\": \"M\", \"pid\": 1, \"tid\": \(track), \"name\": \"\(what)\", "
      + "\"args\": {\"\(key)\": \(value)}}"
  }

  /// A JSON string; what moves a cursor becomes a question mark.
  static func quoted(_ text: String) -> String {
    let escaped = TextLayout.printable(text)
      .replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"" + escaped + "\""
  }
}
