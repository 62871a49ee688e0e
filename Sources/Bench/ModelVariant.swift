// The policies under which the bench measures the model.

import PageAllocator

/// The model under certain policies: one side of the bench.
public struct ModelVariant: Sendable {
  /// The side's name: `model`, followed by what is not as usual.
  public let name: String
  /// True if per-CPU lists are shortened at `BenchOptions.high`; false if their length is tuned.
  let isPinned: Bool
  /// Where bulk calls get their pages.
  let bulk: BulkSource
  /// How the per-CPU lists are protected.
  public let protection: PerCPUProtection

  private init(
    _ name: String, isPinned: Bool = true, bulk: BulkSource = .lists,
    protection: PerCPUProtection = .trylock
  ) {
    self.name = name
    self.isPinned = isPinned
    self.bulk = bulk
    self.protection = protection
  }

  /// The sides, in the order in which they take turns.
  public static let all =
    [
      ModelVariant("model"), ModelVariant("model-tuned", isPinned: false),
      ModelVariant("model-blocks", bulk: .blocks),
    ] + protections

  /// The model under each protection but the usual one.
  public static let protections = PerCPUProtection.allCases.filter { $0 != .trylock }.map {
    ModelVariant("model-\($0.name)", protection: $0)
  }

  /// True if the pattern is measured under these policies.
  func isMeasured(_ pattern: BenchPattern, cpuCount: Int) -> Bool {
    if bulk == .blocks && pattern != .bulkCall { return false }
    return protection != .uniprocessor || cpuCount == 1
  }
}
