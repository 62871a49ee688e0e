// The objects that a configuration object can hold, by themselves and in arrays.

extension ConfigurationObject {
  /// A nested object; nil when the key is absent or null.
  public func object(_ key: String) throws(ConfigurationError) -> ConfigurationObject? {
    guard let node = node(key), node.value != .null else { return nil }
    return try ConfigurationObject(node, path: path(of: key))
  }

  /// A nested object that must be there.
  public func requiredObject(_ key: String) throws(ConfigurationError) -> ConfigurationObject {
    guard let node = node(key) else { throw missing(key, expected: "an object") }
    return try ConfigurationObject(node, path: path(of: key))
  }

  /// An array of nested objects. An absent key is an empty array, and an error where `count`
  /// does not allow one.
  public func objects(
    _ key: String, count: ClosedRange<Int> = 0...Int.max
  ) throws(ConfigurationError) -> [ConfigurationObject] {
    let what = "an array of objects"
    guard let node = node(key) else {
      if count.contains(0) { return [] }
      throw missing(key, expected: what)
    }
    guard case .array(let items) = node.value else {
      throw error(key, "expected \(what), found \(node.summary)")
    }
    guard count.contains(items.count) else {
      let limit =
        items.count < count.lowerBound
        ? "at least \(count.lowerBound)" : "at most \(count.upperBound)"
      throw error(key, "expected an array of \(limit), found \(node.summary)")
    }
    var objects: [ConfigurationObject] = []
    for (index, item) in items.enumerated() {
      let itemPath = ConfigurationPath.item(index, of: path(of: key))
      objects.append(try ConfigurationObject(item, path: itemPath))
    }
    return objects
  }
}
