// Decodes one object of a configuration: each option is asked for by name with its form, limits
// and default, and what was never asked for is an error at the end. A misspelt option therefore
// never falls back to its default in silence.

/// A cursor over one object of a configuration that remembers which keys were read.
///
/// Ask for every option, then call ``finish()``. Each nested cursor has its own ``finish()``.
/// Every method throws ``ConfigurationError`` with the exact position and path.
///
/// Not for use from several threads: reading a key notes it.
public final class ConfigurationObject {
  /// The object's path from the document's root; empty for the root.
  public let path: String
  /// The object's opening brace.
  public let position: SourcePosition
  private let members: [JSON5Member]
  /// The keys asked for so far, in the order of first asking.
  private var knownKeys: [String] = []

  /// - Parameters:
  ///   - node: The object.
  ///   - path: Its path in the document.
  /// - Throws: ``ConfigurationError`` when the node is no object.
  public init(_ node: JSON5Node, path: String = "") throws(ConfigurationError) {
    guard case .object(let members) = node.value else {
      throw ConfigurationError(
        at: node.position, path: path, message: "expected an object, found \(node.summary)")
    }
    self.path = path
    self.position = node.position
    self.members = members
  }

  /// The object's keys in source order.
  public var keys: [String] { members.map(\.key) }

  /// The raw value of a key, noted as read; nil when the key is absent.
  public func node(_ key: String) -> JSON5Node? {
    if !knownKeys.contains(key) { knownKeys.append(key) }
    return members.first { $0.key == key }?.value
  }

  /// The path of one of this object's keys.
  public func path(of key: String) -> String { ConfigurationPath.member(key, of: path) }

  /// An error about a key's value that the caller found, such as one that contradicts another
  /// option. It points at the value, or at the object when the key is absent.
  public func error(_ key: String, _ message: String, hint: String = "") -> ConfigurationError {
    ConfigurationError(
      at: members.first { $0.key == key }?.value.position ?? position, path: path(of: key),
      message: message, hint: hint)
  }

  /// Checks that every key was asked for.
  ///
  /// - Throws: ``ConfigurationError`` at the first key, in source order, that was not, with the
  ///   likely spelling and the keys that were.
  public func finish() throws(ConfigurationError) {
    guard let unknown = members.first(where: { !knownKeys.contains($0.key) }) else { return }
    let unused = knownKeys.filter { known in !members.contains { $0.key == known } }
    // A key that is there already may be meant, too: `--set` adds one.
    let absent = didYouMeanHint(unknown.key, among: unused)
    let likely = absent.isEmpty ? didYouMeanHint(unknown.key, among: knownKeys) : absent
    let known = knownKeys.joined(separator: ", ")
    let list = known.isEmpty ? "no key is known here" : "known keys: \(known)"
    throw ConfigurationError(
      at: unknown.keyPosition, path: path(of: unknown.key),
      message: "unknown key \(JSON5Reader.shown(unknown.key))",
      hint: likely.isEmpty ? list : "\(likely) \(list)")
  }

  /// Reads a key that must be there, or has a default. A null is a value of the wrong form.
  ///
  /// A default is returned as given, its limits unchecked.
  public func value<Value>(
    _ key: String, _ form: ConfigurationForm<Value>, default fallback: Value? = nil
  ) throws(ConfigurationError) -> Value {
    if let node = node(key) { return try form.value(node, path: path(of: key)) }
    if let fallback { return fallback }
    throw missing(key, expected: form.expected)
  }

  /// Reads a key that may be absent or null, both of which are nil.
  public func optionalValue<Value>(
    _ key: String, _ form: ConfigurationForm<Value>
  ) throws(ConfigurationError) -> Value? {
    guard let node = node(key), node.value != .null else { return nil }
    return try form.value(node, path: path(of: key))
  }

  /// The error that a key is not there.
  public func missing(_ key: String, expected: String) -> ConfigurationError {
    ConfigurationError(
      at: position, path: path(of: key),
      message: "expected the key \(JSON5Reader.shown(key)) in the object that starts at"
        + " \(position.lineAndColumn), found none",
      hint: "give it \(expected)")
  }
}
