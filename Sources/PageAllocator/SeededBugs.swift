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

  /// The name on the command line.
  public var name: String {
    switch self {
    case .bustedPCPLock: "busted-pcp-lock"
    case .bulkFullArrayReturnsZero: "bulk-full-array-returns-zero"
    case .bulkPopulatedInsteadOfAccount: "bulk-populated-instead-of-account"
    case .bulkReadsPastEnd: "bulk-reads-past-end"
    case .tailLeak: "tail-leak"
    case .doubleFreeAfterPut: "double-free-after-put"
    case .nrFreeDrift: "nr-free-drift"
    case .pcpTypeToBuddy: "pcp-type-to-buddy"
    case .mergeRetagsFirstBlock: "merge-retags-first-block"
    case .highAtomicUnderflow: "highatomic-underflow"
    case .freeEndlessLoop: "free-endless-loop"
    case .uniprocessorTrylock: "uniprocessor-trylock"
    case .stalePCPAfterUnlock: "stale-pcp-after-unlock"
    case .drainWithoutLock: "drain-without-lock"
    case .zoneLockBeforePCPLock: "zone-lock-before-pcp-lock"
    case .noLockSpins: "nolock-spins"
    case .lowmemReserveIgnored: "lowmem-reserve-ignored"
    case .drainLeavesRest: "drain-leaves-rest"
    case .mergeStopsEarly: "merge-stops-early"
    }
  }

  /// The kernel commit that fixed it; nil for a broken primitive that tests the tester, for a
  /// hazard that the code avoids, and for a fix whose number is not known here.
  public var fixedBy: String? {
    switch self {
    case .bustedPCPLock, .mergeRetagsFirstBlock, .stalePCPAfterUnlock, .drainWithoutLock,
      .zoneLockBeforePCPLock, .noLockSpins, .lowmemReserveIgnored, .drainLeavesRest,
      .mergeStopsEarly:
      nil
    case .bulkFullArrayReturnsZero: "66d9282523b3"
    case .bulkPopulatedInsteadOfAccount: "c572e4888ad1"
    case .bulkReadsPastEnd: "b08e50dd6448"
    case .tailLeak: "e320d3012d25"
    case .doubleFreeAfterPut: "462a8e08e0e6"
    case .nrFreeDrift: "bac9c6fa1f92"
    case .pcpTypeToBuddy: "7b086755fb8c"
    case .highAtomicUnderflow: "4855e4a7f29d"
    case .freeEndlessLoop: "88e8ac11d2ea"
    case .uniprocessorTrylock: "038a102535eb"
    }
  }

  /// Where it comes from, in words.
  public var origin: String {
    if let fixedBy { return "fixed by kernel commit \(fixedBy)" }
    switch self {
    case .mergeRetagsFirstBlock: return "came with kernel commit e0932b6c1f94"
    case .stalePCPAfterUnlock: return "a hazard of kernel 6.19's chunked free"
    default: return "a test of the tester"
    }
  }

  /// What it does.
  public var summary: String {
    switch self {
    case .bustedPCPLock:
      "The trylock of a per-CPU list always succeeds, so an interrupt edits lists in use."
    case .bulkFullArrayReturnsZero:
      "A bulk allocation into a full array returns 0 instead of the number of its pages."
    case .bulkPopulatedInsteadOfAccount:
      "A bulk allocation that adds nothing to a partly filled array does not try for one page."
    case .bulkReadsPastEnd:
      "A bulk allocation looks for the first empty slot beyond the end of a full array."
    case .tailLeak:
      "Freeing a block while somebody holds an extra reference frees only its first page later."
    case .doubleFreeAfterPut:
      "Whether a block is compound is asked after its reference was dropped, so its tail is freed"
        + " again."
    case .nrFreeDrift:
      "A page taken out of service still counts as free."
    case .pcpTypeToBuddy:
      "A page freed with the per-CPU lock taken goes to the buddy list of the per-CPU list's type."
    case .mergeRetagsFirstBlock:
      "Merging with a buddy of several pageblocks gives only the first of them the new type."
    case .highAtomicUnderflow:
      "A free goes by the pageblock's type before the lock was taken, so that one block leaves the"
        + " high-atomic reserve twice."
    case .freeEndlessLoop:
      "Giving pages back from per-CPU lists goes on for as many as asked, though the lists are"
        + " empty."
    case .uniprocessorTrylock:
      "On one CPU a drain leaves interrupts on, and the interrupt's trylock succeeds."
    case .stalePCPAfterUnlock:
      "A free that lost the per-CPU lock between two chunks goes on as if it had it."
    case .drainWithoutLock:
      "A drain starts a per-CPU list's count of frees anew before it takes the lock."
    case .zoneLockBeforePCPLock:
      "A drain looks at the count of a per-CPU list under the zone lock, against the order."
    case .noLockSpins:
      "An allocation or free that must not wait, as in an NMI, waits for the zone lock."
    case .lowmemReserveIgnored:
      "A request takes what a lower zone keeps from those that could use a higher one."
    case .drainLeavesRest:
      "A drain gives back whole batches only, and leaves the rest on the per-CPU lists."
    case .mergeStopsEarly:
      "A pageblock is not merged with its buddy, though that is free and of a type that merges."
    }
  }

  /// The rules of which one reports it.
  public var caughtBy: [String] {
    switch self {
    case .bustedPCPLock:
      [
        "double-allocation", "double-free", "stamp-overwritten", "list-corrupted",
        "bad-page-state", "pcp-count-wrong",
      ]
    case .bulkFullArrayReturnsZero: ["bulk-full-array"]
    case .bulkPopulatedInsteadOfAccount: ["bulk-no-single-attempt"]
    case .bulkReadsPastEnd: ["slot-outside-array"]
    case .tailLeak: ["leaked-page"]
    case .doubleFreeAfterPut: ["bad-page-state", "double-free", "not-a-frame"]
    case .nrFreeDrift: ["counter-mismatch"]
    case .pcpTypeToBuddy: ["list-type-mismatch", "counter-mismatch"]
    case .mergeRetagsFirstBlock: ["list-type-mismatch", "counter-mismatch"]
    case .highAtomicUnderflow: ["reserve-underflow", "list-type-mismatch", "counter-mismatch"]
    case .freeEndlessLoop: ["pcp-count-wrong"]
    case .uniprocessorTrylock:
      [
        "double-allocation", "double-free", "stamp-overwritten", "list-corrupted",
        "bad-page-state", "pcp-count-wrong", "pcp-count-mismatch", "list-broken", "conservation",
      ]
    case .stalePCPAfterUnlock:
      [
        "unlock-not-held", "double-allocation", "list-corrupted", "bad-page-state",
        "pcp-count-wrong",
      ]
    case .drainWithoutLock: ["data-race"]
    case .zoneLockBeforePCPLock: ["lock-order"]
    case .noLockSpins: ["deadlock", "stuck", "lock-nmi"]
    case .lowmemReserveIgnored: ["reserve-broken"]
    case .drainLeavesRest: ["not-coalesced"]
    case .mergeStopsEarly: ["not-coalesced", "unmerged-buddies"]
    }
  }

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
