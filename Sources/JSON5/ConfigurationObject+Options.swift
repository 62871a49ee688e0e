// The options a configuration object can hold, one method per form. A method with `default` takes
// a key that may be absent; without it the key is required. An `optional` method turns an absent
// key and an explicit null into nil. A default is returned as given, its limits unchecked, since a
// caller may compute it from other options.

extension ConfigurationObject {
  /// A whole number; hexadecimal and `1e6` included.
  public func int(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(ConfigurationError) -> Int {
    try value(key, .int(in: range), default: fallback)
  }

  public func optionalInt(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    try optionalValue(key, .int(in: range))
  }

  /// An array of whole numbers.
  public func ints(
    _ key: String, in range: ClosedRange<Int>, default fallback: [Int]? = nil
  ) throws(ConfigurationError) -> [Int] {
    try values(key, .int(in: range), "an array of whole numbers", default: fallback)
  }

  /// A whole number of up to 64 bits, such as a seed.
  public func uint64(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max, default fallback: UInt64? = nil
  ) throws(ConfigurationError) -> UInt64 {
    try value(key, .uint64(in: range), default: fallback)
  }

  public func optionalUInt64(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(ConfigurationError) -> UInt64? {
    try optionalValue(key, .uint64(in: range))
  }

  /// A finite number; an infinite end of `range` means no limit there.
  public func double(
    _ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil
  ) throws(ConfigurationError) -> Double {
    try value(key, .double(in: range), default: fallback)
  }

  public func optionalDouble(
    _ key: String, in range: ClosedRange<Double>
  ) throws(ConfigurationError) -> Double? {
    try optionalValue(key, .double(in: range))
  }

  public func bool(
    _ key: String, default fallback: Bool? = nil
  ) throws(ConfigurationError) -> Bool {
    try value(key, .bool, default: fallback)
  }

  public func optionalBool(_ key: String) throws(ConfigurationError) -> Bool? {
    try optionalValue(key, .bool)
  }

  public func string(
    _ key: String, default fallback: String? = nil
  ) throws(ConfigurationError) -> String {
    try value(key, .string, default: fallback)
  }

  public func optionalString(_ key: String) throws(ConfigurationError) -> String? {
    try optionalValue(key, .string)
  }

  /// An array of strings.
  public func strings(
    _ key: String, default fallback: [String]? = nil
  ) throws(ConfigurationError) -> [String] {
    try values(key, .string, "an array of strings", default: fallback)
  }

  /// One of the given words.
  public func oneOf(
    _ key: String, _ words: [String], default fallback: String? = nil
  ) throws(ConfigurationError) -> String {
    try value(key, .oneOf(words), default: fallback)
  }

  public func optionalOneOf(
    _ key: String, _ words: [String]
  ) throws(ConfigurationError) -> String? {
    try optionalValue(key, .oneOf(words))
  }

  /// An array whose items are each one of the given words.
  public func someOf(
    _ key: String, _ words: [String], default fallback: [String]? = nil
  ) throws(ConfigurationError) -> [String] {
    try values(key, .oneOf(words), "an array of strings", default: fallback)
  }

  /// A size in bytes: a whole number, or a string such as `"64MiB"`.
  public func size(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max, default fallback: UInt64? = nil
  ) throws(ConfigurationError) -> UInt64 {
    try value(key, .size(in: range), default: fallback)
  }

  public func optionalSize(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(ConfigurationError) -> UInt64? {
    try optionalValue(key, .size(in: range))
  }

  /// A duration in nanoseconds: a number of seconds, or a string such as `"200ms"` or `"1m30s"`.
  public func duration(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max, default fallback: UInt64? = nil
  ) throws(ConfigurationError) -> UInt64 {
    try value(key, .duration(in: range), default: fallback)
  }

  public func optionalDuration(
    _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(ConfigurationError) -> UInt64? {
    try optionalValue(key, .duration(in: range))
  }
}

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
    let items = try items(of: node, key, what)
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
