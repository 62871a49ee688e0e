// Which layer owns which numbers of sites, rules, counters and lock classes.
//
// The numbers are written down where they are named, as raw values, because records keep them and
// hashes of schedules chain them: none is ever given to another name.  A test compares.

/// The numbers that one layer may give names to.
public struct LayerNumbers: Sendable {
  /// Of `Site`, below `Site.count`.
  public let sites: Range<UInt16>
  /// Of `Rule`.
  public let rules: Range<UInt16>
  /// Of `CounterID`, below `CounterID.count`.
  public let counters: Range<UInt16>
  /// Of `LockClass`, below `LockClass.count`.
  public let lockClasses: Range<UInt8>

  /// This layer; its locks belong to the programs that make them.
  public static var machine: LayerNumbers {
    LayerNumbers(sites: 0..<16, rules: 0..<32, counters: 0..<0, lockClasses: 0..<0)
  }
  /// The allocator.
  public static var allocator: LayerNumbers {
    LayerNumbers(sites: 16..<80, rules: 32..<128, counters: 0..<100, lockClasses: 0..<2)
  }
  /// The callers of the allocator.
  public static var workloads: LayerNumbers {
    LayerNumbers(sites: 80..<150, rules: 0..<0, counters: 100..<140, lockClasses: 2..<16)
  }
  /// The judges of the allocator.
  public static var checker: LayerNumbers {
    LayerNumbers(sites: 150..<192, rules: 128..<256, counters: 140..<192, lockClasses: 0..<0)
  }

  /// All layers.
  public static var all: [LayerNumbers] { [machine, allocator, workloads, checker] }
}
