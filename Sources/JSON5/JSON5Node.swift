// The tree that the JSON5 reader builds. Nodes are plain values: a command-line setting makes a
// changed copy, and every error can still name the line and column a value came from.

/// One JSON5 value and where it was written.
public struct JSON5Node: Equatable, Sendable {
  public var value: JSON5Value
  /// The value's first character.
  public var position: SourcePosition

  public init(_ value: JSON5Value, at position: SourcePosition = .nowhere) {
    self.value = value
    self.position = position
  }

  /// The object's member of that name; nil when there is none or this is no object.
  ///
  /// Names are compared as Swift compares strings: canonically equivalent spellings are one name.
  public func member(_ key: String) -> JSON5Member? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.key == key }
  }

  /// Levels of arrays and objects in this node: 0 for a scalar, 1 for `[]` or `[1]`.
  public var nesting: Int {
    switch value {
    case .array(let items):
      return 1 + (items.map(\.nesting).max() ?? 0)
    case .object(let members):
      return 1 + (members.map(\.value.nesting).max() ?? 0)
    case .null, .bool, .number, .string:
      return 0
    }
  }

  /// Whether both trees hold the same values under the same keys in the same order, wherever they
  /// were written. Numbers are compared by their text: `1` and `1.0` differ.
  public func hasSameContent(as other: JSON5Node) -> Bool {
    switch (value, other.value) {
    case (.array(let items), .array(let others)):
      return items.count == others.count
        && zip(items, others).allSatisfy { $0.hasSameContent(as: $1) }
    case (.object(let members), .object(let others)):
      return members.count == others.count
        && zip(members, others).allSatisfy {
          $0.key == $1.key && $0.value.hasSameContent(as: $1.value)
        }
    default:
      return value == other.value
    }
  }

  /// The value in a few words for an error's `found ...`: a scalar as written, clipped, or a
  /// container's kind and count.
  public var summary: String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number): return JSON5Writer.clipped(number.text)
    case .string(let string): return JSON5Writer.quoted(JSON5Writer.clipped(string))
    case .array(let items): return items.count == 1 ? "an array of 1" : "an array of \(items.count)"
    case .object: return "an object"
    }
  }
}

/// The kinds of JSON5 value.
public enum JSON5Value: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(JSON5Number)
  case string(String)
  case array([JSON5Node])
  /// Members in source order, each key once.
  case object([JSON5Member])
}

/// One `key: value` of an object.
public struct JSON5Member: Equatable, Sendable {
  /// The key after unquoting.
  public var key: String
  /// The key's first character, the quote when it is quoted.
  public var keyPosition: SourcePosition
  public var value: JSON5Node

  public init(key: String, keyPosition: SourcePosition, value: JSON5Node) {
    self.key = key
    self.keyPosition = keyPosition
    self.value = value
  }
}
