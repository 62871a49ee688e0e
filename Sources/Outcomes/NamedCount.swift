// A count under the name that reports give it.

/// A count with its name.
public struct NamedCount: Sendable, Codable, Equatable {
  /// What was counted.
  public var name: String
  /// How often.
  public var count: UInt64

  /// A count.
  public init(name: String, count: UInt64) {
    self.name = name
    self.count = count
  }
}
