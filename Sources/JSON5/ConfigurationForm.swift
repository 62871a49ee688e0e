// What a configuration value must look like: the words that an error and a table use for it, and
// the functions that read and write it. Keeping them together is what makes every error, and every
// table, say what would be right.

/// A form that a JSON5 value must have to become a `Value`.
public struct ConfigurationForm<Value: Sendable>: Sendable {
  /// The form after `expected`, such as `a whole number from 1 to 128`.
  public let expected: String
  /// Several such values, after `an array of`.
  private let plural: String
  /// The kind of value in a table, such as `whole number` or its unit.
  public private(set) var type: String
  /// The values allowed in a table, such as `1 ... 128`; empty for all of the kind.
  public private(set) var range: String
  /// The values at the ends of the range, and each of the words; empty where there is no end.
  public private(set) var ends: [Value]
  /// What reads as the value.
  public let write: @Sendable (Value) -> JSON5Value
  private let read: @Sendable (JSON5Node, _ path: String) throws(ConfigurationError) -> Value

  /// A form that only some values have.
  init(
    _ expected: String, plural: String, type: String, range: String = "", ends: [Value] = [],
    write: @escaping @Sendable (Value) -> JSON5Value,
    hint: @escaping @Sendable (JSON5Node) -> String = { _ in "" },
    read: @escaping @Sendable (JSON5Node) -> Value?
  ) {
    self.init(expected, plural, type: type, range: range, ends: ends, write: write) {
      node, path throws(ConfigurationError) in
      if let value = read(node) { return value }
      throw ConfigurationError(
        at: node.position, path: path, message: "expected \(expected), found \(node.summary)",
        hint: hint(node))
    }
  }

  private init(
    _ expected: String, _ plural: String, type: String, range: String, ends: [Value],
    write: @escaping @Sendable (Value) -> JSON5Value,
    reading read:
      @escaping @Sendable (JSON5Node, String) throws(ConfigurationError) -> Value
  ) {
    self.expected = expected
    self.plural = plural
    self.type = type
    self.range = range
    self.ends = ends
    self.write = write
    self.read = read
  }

  /// Reads the node.
  ///
  /// - Throws: ``ConfigurationError`` at the node when it does not have this form.
  public func value(_ node: JSON5Node, path: String) throws(ConfigurationError) -> Value {
    try read(node, path)
  }

  /// The form with other words for tables, or other ends; nil leaves what there is.
  public func told(type: String? = nil, range: String? = nil, ends: [Value]? = nil) -> Self {
    var copy = self
    copy.type = type ?? copy.type
    copy.range = range ?? copy.range
    copy.ends = ends ?? copy.ends
    return copy
  }

  /// The form of what `convert` makes of this form's values.
  ///
  /// - Parameters:
  ///   - convert: throws what is wrong with a value that means nothing.
  ///   - back: what `convert` makes the same of.
  public func converted<Other>(
    _ convert: @escaping @Sendable (Value) throws(ConfigurationComplaint) -> Other,
    back: @escaping @Sendable (Other) -> Value
  ) -> ConfigurationForm<Other> {
    ConfigurationForm<Other>(
      expected, plural, type: type, range: range, ends: ends.compactMap { try? convert($0) },
      write: { [write] in write(back($0)) },
      reading: { [read] node, path throws(ConfigurationError) in
        let value = try read(node, path)
        do throws(ConfigurationComplaint) {
          return try convert(value)
        } catch {
          throw ConfigurationError(
            at: node.position, path: path, message: error.message, hint: error.hint)
        }
      })
  }

  /// The form without the values of which `complaint` says something.
  public func refusing(
    _ complaint: @escaping @Sendable (Value) -> ConfigurationComplaint?
  ) -> Self {
    converted(
      { value throws(ConfigurationComplaint) in
        if let complaint = complaint(value) { throw complaint }
        return value
      }, back: { $0 })
  }

  /// The form, or a word, which is nil.
  public func or(word: String) -> ConfigurationForm<Value?> {
    let quoted = JSON5Writer.quoted(word)
    return ConfigurationForm<Value?>(
      "\(expected), or \(quoted)", plural, type: type,
      range: range.isEmpty ? "or \(quoted)" : "\(range), or \(quoted)",
      ends: ends.map { $0 } + [nil],
      write: { [write] in $0.map(write) ?? .string(word) },
      reading: { [read, expected] node, path throws(ConfigurationError) in
        if node.value == .string(word) { return nil }
        do throws(ConfigurationError) {
          return try read(node, path)
        } catch {
          throw ConfigurationError(
            at: node.position, path: path,
            message: "expected \(expected), or \(quoted), found \(node.summary)")
        }
      })
  }

  /// An array of values of a form.
  public static func list<Item>(of item: ConfigurationForm<Item>) -> Self
  where Value == [Item] {
    let expected = "an array of \(item.plural)"
    return Self(
      expected, "arrays", type: item.plural, range: item.range,
      ends: [[]] + item.ends.map { [$0] },
      write: { items in .array(items.map { JSON5Node(item.write($0)) }) },
      reading: { node, path throws(ConfigurationError) in
        guard case .array(let nodes) = node.value else {
          throw ConfigurationError(
            at: node.position, path: path, message: "expected \(expected), found \(node.summary)")
        }
        var values: [Item] = []
        for (index, node) in nodes.enumerated() {
          values.append(try item.value(node, path: ConfigurationPath.item(index, of: path)))
        }
        return values
      })
  }
}

/// What is wrong with a value that has the right form.
public struct ConfigurationComplaint: Error {
  let message: String
  let hint: String

  /// - Parameters:
  ///   - message: What was expected and what was found.
  ///   - hint: What would be right beyond that; empty for nothing.
  public init(_ message: String, hint: String = "") {
    self.message = message
    self.hint = hint
  }
}
