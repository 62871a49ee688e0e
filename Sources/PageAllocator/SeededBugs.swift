// Real bugs of the kernel that can be switched on, each at the place of its fix.
//
// One bitset in a cold line of the allocator, one site each.

/// A seeded bug.
public enum SeededBug: UInt8, CaseIterable, Sendable {
  case bustedPCPLock
  case bulkFullArrayReturnsZero
  case bulkPopulatedInsteadOfAccount
  case bulkReadsPastEnd
  case tailLeak
  case doubleFreeAfterPut
  case nrFreeDrift
  case pcpTypeToBuddy
  case mergeRetagsFirstBlock
  case highAtomicUnderflow
  case freeEndlessLoop
  case uniprocessorTrylock
  case stalePCPAfterUnlock
  case drainWithoutLock
  case zoneLockBeforePCPLock
  case noLockSpins
  case lowmemReserveIgnored
  case drainLeavesRest
  case mergeStopsEarly

  /// All that is known of it.
  public var record: SeededBugRecord {
    switch self {
    case .bustedPCPLock: .bustedPCPLock
    case .bulkFullArrayReturnsZero: .bulkFullArrayReturnsZero
    case .bulkPopulatedInsteadOfAccount: .bulkPopulatedInsteadOfAccount
    case .bulkReadsPastEnd: .bulkReadsPastEnd
    case .tailLeak: .tailLeak
    case .doubleFreeAfterPut: .doubleFreeAfterPut
    case .nrFreeDrift: .nrFreeDrift
    case .pcpTypeToBuddy: .pcpTypeToBuddy
    case .mergeRetagsFirstBlock: .mergeRetagsFirstBlock
    case .highAtomicUnderflow: .highAtomicUnderflow
    case .freeEndlessLoop: .freeEndlessLoop
    case .uniprocessorTrylock: .uniprocessorTrylock
    case .stalePCPAfterUnlock: .stalePCPAfterUnlock
    case .drainWithoutLock: .drainWithoutLock
    case .zoneLockBeforePCPLock: .zoneLockBeforePCPLock
    case .noLockSpins: .noLockSpins
    case .lowmemReserveIgnored: .lowmemReserveIgnored
    case .drainLeavesRest: .drainLeavesRest
    case .mergeStopsEarly: .mergeStopsEarly
    }
  }

  /// The name on the command line.
  public var name: String { record.name }

  /// The bug called `name`; nil if there is none.
  public init?(named name: String) {
    guard let bug = SeededBug.allCases.first(where: { $0.name == name }) else { return nil }
    self = bug
  }
}

extension PageAllocator {
  /// Switches bugs on; no CPU is running.
  public func switchOn(_ bugs: [SeededBug]) {
    for bug in bugs { unsafe state.pointee.bugs |= 1 << UInt64(bug.rawValue) }
  }

  @inline(always) func has(_ bug: SeededBug) -> Bool {
    unsafe state.pointee.bugs & (1 << UInt64(bug.rawValue)) != 0
  }
}
