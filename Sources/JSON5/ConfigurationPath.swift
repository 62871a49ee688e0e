// Paths of configuration values, such as `workloads[1].share`: as errors print them and as the
// command line's `--set` gives them.

/// A value's path from the document's root.
enum ConfigurationPath {
  /// One step from a container to a value inside it.
  enum Step: Equatable {
    case key(String)
    /// Counts from 0.
    case index(Int)
  }

  /// A step and the column, from 1, at which the path's text names it.
  struct Part: Equatable {
    let step: Step
    let column: Int
  }

  /// The path of a member; a key that is not a plain word is in quotes.
  static func member(_ key: String, of path: String) -> String {
    let shown = JSON5Writer.key(JSON5Writer.clipped(key))
    return path.isEmpty ? shown : "\(path).\(shown)"
  }

  /// The path of an array's item.
  static func item(_ index: Int, of path: String) -> String { "\(path)[\(index)]" }

  /// The path of what `step` leads to.
  static func text(_ step: Step, of path: String) -> String {
    switch step {
    case .key(let key): return member(key, of: path)
    case .index(let index): return item(index, of: path)
    }
  }

  /// Takes a path's text apart: keys joined by dots, each with any number of `[index]`.
  ///
  /// - Parameter file: The name that the error's position carries; its line is 1.
  /// - Throws: ``ConfigurationError`` at the character that cannot be right.
  static func parse(_ text: String, file: String) throws(ConfigurationError) -> [Part] {
    let scalars = Array(text.unicodeScalars)
    var parts: [Part] = []
    var index = 0
    var isKeyDue = true
    while isKeyDue || index < scalars.count {
      let start = index
      if isKeyDue {
        while index < scalars.count, !isSeparator(scalars[index]) { index += 1 }
        guard index > start else { throw unexpected("a key", scalars, at: index, file: file) }
        let key = String(String.UnicodeScalarView(scalars[start..<index]))
        parts.append(Part(step: .key(key), column: start + 1))
        isKeyDue = false
      } else if scalars[index] == "." {
        index += 1
        isKeyDue = true
      } else if scalars[index] == "[" {
        index += 1
        let number = try takeIndex(scalars, &index, file: file)
        parts.append(Part(step: .index(number), column: start + 1))
      } else {
        throw unexpected(". or [", scalars, at: index, file: file)
      }
      try checkCount(parts, at: start, file: file)
    }
    return parts
  }

  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || scalar == "[" || scalar == "]"
  }

  /// Reads `12]`.
  private static func takeIndex(
    _ scalars: [Unicode.Scalar], _ index: inout Int, file: String
  ) throws(ConfigurationError) -> Int {
    let start = index
    while index < scalars.count, scalars[index].isDecimalDigit { index += 1 }
    let digits = String(String.UnicodeScalarView(scalars[start..<index]))
    guard let number = Int(digits) else {
      throw unexpected("an index such as 0", scalars, at: start, file: file)
    }
    guard index < scalars.count, scalars[index] == "]" else {
      throw unexpected("] after the index", scalars, at: index, file: file)
    }
    index += 1
    return number
  }

  private static func checkCount(
    _ parts: [Part], at index: Int, file: String
  ) throws(ConfigurationError) {
    guard parts.count > JSON5Reader.nestingMax else { return }
    throw ConfigurationError(
      at: SourcePosition(file: file, line: 1, column: index + 1),
      message: "expected a path of at most \(JSON5Reader.nestingMax) steps, found one more")
  }

  private static func unexpected(
    _ what: String, _ scalars: [Unicode.Scalar], at index: Int, file: String
  ) -> ConfigurationError {
    let rest = String(String.UnicodeScalarView(scalars[index...]))
    let found = rest.isEmpty ? "the end of the path" : JSON5Reader.shown(rest)
    return ConfigurationError(
      at: SourcePosition(file: file, line: 1, column: index + 1),
      message: "expected \(what), found \(found)",
      hint: "a path is written like workloads[1].share")
  }
}
