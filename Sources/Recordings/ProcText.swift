// Lines and words of a small file of /proc.
//
// Rule  The words point into the text, so they are used only inside `forEachLine`.

/// A text that is read line by line, and where the reading is.
struct ProcText {
  /// Numbers must be below this, so that sums of a few and products with small counts fit an Int.
  static let numberLimit: UInt64 = 1 << 52

  let file: String
  /// From 1 while lines are read; afterwards one past the last.
  private(set) var line = 0

  init(file: String) { self.file = file }

  /// Calls `body` with the words of each line that has any. Blanks separate words; a carriage
  /// return counts as one.
  mutating func forEachLine(
    of bytes: [UInt8],
    _ body: (ProcText, ProcWords) throws(TraceInputError) -> Void
  ) throws(TraceInputError) {
    var failure: TraceInputError?
    TraceBytes.over(bytes) { buffer in
      var start = 0
      while start < buffer.count && failure == nil {
        var end = start
        while end < buffer.count, buffer[end] != 0x0A { end += 1 }
        line += 1
        let words = ProcWords(buffer.part(start..<end))
        if words.count > 0 {
          do throws(TraceInputError) { try body(self, words) } catch { failure = error }
        }
        start = end + 1
      }
    }
    if let failure { throw failure }
    line += 1
  }

  /// The error that something else should be in this line.
  func error(_ expected: String) -> TraceInputError {
    TraceInputError(file: file, line: line, expected: expected)
  }
}

/// The words of one line.
struct ProcWords {
  private var words: [TraceBytes] = []

  init(_ line: TraceBytes) {
    var position = 0
    while position < line.count {
      var end = position
      while end < line.count, !Self.isBlank(line[end]) { end += 1 }
      if end > position { words.append(line.part(position..<end)) }
      position = end + 1
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  var count: Int { words.count }

  /// Whether word `index` is `text`; false when there is none.
  func isWord(_ index: Int, _ text: StaticString) -> Bool {
    index < words.count && words[index].isEqual(to: text)
  }

  /// Whether the line begins with these words.
  func begins(with texts: StaticString...) -> Bool {
    for (index, text) in texts.enumerated() where !isWord(index, text) { return false }
    return true
  }

  /// Word `index` as a number, 0 to below `ProcText.numberLimit`, without `dropping` at its end;
  /// nil when it is none.
  func number(_ index: Int, dropping suffix: UInt8? = nil) -> Int? {
    guard let word = trimmed(index, suffix) else { return nil }
    return word.number(below: ProcText.numberLimit).map { Int($0) }
  }

  /// Word `index` as text, without `dropping` at its end; nil when there is none, when it is
  /// empty or longer than 32 bytes, or holds what a terminal would obey instead of show.
  func text(_ index: Int, dropping suffix: UInt8? = nil) -> String? {
    guard let word = trimmed(index, suffix), !word.isEmpty, word.count <= 32 else { return nil }
    let bytes = word.array
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func trimmed(_ index: Int, _ suffix: UInt8?) -> TraceBytes? {
    guard index < words.count else { return nil }
    let word = words[index]
    guard let suffix else { return word }
    return word.last == suffix ? word.part(0..<word.count - 1) : nil
  }

  /// Word `index` without its first byte when that is `byte`, as a number; nil otherwise.
  func number(_ index: Int, after byte: UInt8) -> Int? {
    guard index < words.count, words[index].first == byte else { return nil }
    let rest = words[index].part(1..<words[index].count)
    return rest.number(below: ProcText.numberLimit).map { Int($0) }
  }

  /// All words from `index` on as numbers, with the bytes of "(),"  dropped around each; nil when
  /// one is none.
  func numbers(from index: Int) -> [Int]? {
    var result: [Int] = []
    for position in index..<max(index, words.count) {
      let word = words[position]
      var start = 0
      var end = word.count
      while start < end, word[start] == UInt8(ascii: "(") { start += 1 }
      while end > start, word[end - 1] == UInt8(ascii: ",") || word[end - 1] == UInt8(ascii: ")") {
        end -= 1
      }
      guard let number = word.part(start..<end).number(below: ProcText.numberLimit) else {
        return nil
      }
      result.append(Int(number))
    }
    return result
  }
}

/// The `Node N, zone NAME` that rows of these files begin with.
struct ProcZoneName: Equatable {
  static let nodeMax = 1023
  var node: Int
  var zone: String

  /// Reads the first four words; `comma` says that one follows the zone's name. nil when the line
  /// begins in another way.
  init?(_ words: ProcWords, comma: Bool = false) {
    guard words.begins(with: "Node"), words.isWord(2, "zone"),
      let node = words.number(1, dropping: UInt8(ascii: ",")), node <= Self.nodeMax,
      let zone = words.text(3, dropping: comma ? UInt8(ascii: ",") : nil)
    else { return nil }
    self.node = node
    self.zone = zone
  }
}
