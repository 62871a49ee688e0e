// The command line's `--set path=value`: a copy of the tree with one value replaced or added.

extension JSON5Node {
  /// Applies one setting given as `path=value`; see ``setting(path:to:label:)``.
  ///
  /// - Throws: ``ConfigurationError`` also when there is no `=`.
  public func applying(
    setting argument: String, label: String = "--set"
  ) throws(ConfigurationError) -> JSON5Node {
    guard let equals = argument.unicodeScalars.firstIndex(of: "=") else {
      let file = Self.settingFile(label, argument)
      throw ConfigurationError(
        at: SourcePosition(file: file, line: 1, column: argument.unicodeScalars.count + 1),
        message: "expected path=value, found no =",
        hint: "write it like stop.duration=60s")
    }
    let value = argument.unicodeScalars[equals...].dropFirst()
    return try setting(
      path: String(argument.unicodeScalars[..<equals]), to: String(value), label: label)
  }

  /// A copy of this tree in which the value at `path` is `text`.
  ///
  /// The text is read as JSON5 when it is JSON5, else it is a string as it stands: `8` is a
  /// number, `60s` a string. Objects and arrays missing on the way are made, also where the value
  /// is null. An index must be in the array or equal its count, which appends.
  ///
  /// Positions of new nodes, and of errors, name `label` and the setting as their file, with
  /// columns in `path=text`.
  ///
  /// - Parameters:
  ///   - path: Such as `workloads[1].share`.
  ///   - text: The value as written on the command line.
  ///   - label: What introduces the setting in positions.
  /// - Throws: ``ConfigurationError`` when the path is not a path, leads through a value that is
  ///   no container of the right kind, or nests past ``JSON5Reader/nestingMax``.
  public func setting(
    path: String, to text: String, label: String = "--set"
  ) throws(ConfigurationError) -> JSON5Node {
    let file = Self.settingFile(label, "\(path)=\(text)")
    let parts = try ConfigurationPath.parse(path, file: file)
    let column = path.unicodeScalars.count + 2
    let value: JSON5Node
    do throws(ConfigurationError) {
      value = try JSON5Reader.read(text, file: file, firstColumn: column)
    } catch {
      value = JSON5Node(.string(text), at: SourcePosition(file: file, line: 1, column: column))
    }
    guard parts.count + value.nesting <= JSON5Reader.nestingMax else {
      throw ConfigurationError(
        at: value.position, path: JSON5Writer.clipped(path),
        message: "expected at most \(JSON5Reader.nestingMax) levels of arrays and objects,"
          + " found \(parts.count + value.nesting)")
    }
    return try replacing(parts[...], with: value, path: "")
  }

  /// The setting as positions name it: one line, not too long.
  private static func settingFile(_ label: String, _ argument: String) -> String {
    "\(label) \(JSON5Writer.escaped(JSON5Writer.clipped(argument, to: 60), quote: nil))"
  }

  /// This node with the value that `parts` lead to replaced; at most a path's number of levels.
  private func replacing(
    _ parts: ArraySlice<ConfigurationPath.Part>, with new: JSON5Node, path: String
  ) throws(ConfigurationError) -> JSON5Node {
    guard let part = parts.first else { return new }
    let file = new.position.file
    let place = SourcePosition(file: file, line: 1, column: part.column)
    let innerPath = ConfigurationPath.text(part.step, of: path)
    let missing = JSON5Node(.null, at: place)
    var copy = value == .null ? missing : self
    switch (part.step, value) {
    case (.key(let key), .object), (.key(let key), .null):
      var members = membersOrNone
      let index = members.firstIndex { $0.key == key }
      let old = index.map { members[$0].value } ?? missing
      let inner = try old.replacing(parts.dropFirst(), with: new, path: innerPath)
      if let index {
        members[index].value = inner
      } else {
        members.append(JSON5Member(key: key, keyPosition: place, value: inner))
      }
      copy.value = .object(members)
    case (.index(let index), .array), (.index(let index), .null):
      var items = itemsOrNone
      guard index <= items.count else {
        throw ConfigurationError(
          at: place, path: innerPath,
          message: "expected an index from 0 to \(items.count), found \(index)",
          hint: "index \(items.count) appends")
      }
      let old = index < items.count ? items[index] : missing
      let inner = try old.replacing(parts.dropFirst(), with: new, path: innerPath)
      if index < items.count { items[index] = inner } else { items.append(inner) }
      copy.value = .array(items)
    default:
      throw wrongContainer(for: part.step, at: place, path: path, innerPath: innerPath)
    }
    return copy
  }

  private var membersOrNone: [JSON5Member] {
    if case .object(let members) = value { members } else { [] }
  }

  private var itemsOrNone: [JSON5Node] {
    if case .array(let items) = value { items } else { [] }
  }

  private func wrongContainer(
    for step: ConfigurationPath.Step, at place: SourcePosition, path: String, innerPath: String
  ) -> ConfigurationError {
    let kind = if case .key = step { "an object" } else { "an array" }
    let holder = path.isEmpty ? "the document" : path
    var hint = ""
    if case (.key, .array) = (step, value) { hint = "an item is written like \(path)[0]" }
    return ConfigurationError(
      at: place, path: innerPath,
      message: "expected \(holder) to be \(kind), found \(summary)", hint: hint)
  }
}
