// The allocator's sites, rules, counters and lock classes, under the kernel's names.

import Machine

/// Functions of the allocator, as sites.
public enum AllocatorSite: UInt16, CaseIterable, Sendable {
  case allocPages = 16
  case allocPagesSlow, getPageFromFreelist, rmqueue, rmqueuePcplist, rmqueueBulk, rmqueueBuddy
  case rmqueueClaim, rmqueueSteal, reserveHighAtomic, unreserveHighAtomic, prepNewPage
  case freePages, freePagesPrepare, freeFrozenPageCommit, freePcppagesBulk, freeOnePage
  case freeUnrefFolios, drainPagesZone, drainAllPages, decayPcpHigh, allocPagesBulk, freePagesBulk
  case takePageOffBuddy, putPageBackBuddy, tryGetPage, putPage, initialise, pageStamp
  case allocPagesNoLock, freePagesNoLock

  /// The kernel function that the site models.
  public var kernelName: String {
    switch self {
    case .allocPages: "alloc_pages"
    case .allocPagesSlow: "__alloc_pages_slowpath"
    case .getPageFromFreelist: "get_page_from_freelist"
    case .rmqueue: "rmqueue"
    case .rmqueuePcplist: "rmqueue_pcplist"
    case .rmqueueBulk: "rmqueue_bulk"
    case .rmqueueBuddy: "rmqueue_buddy"
    case .rmqueueClaim: "__rmqueue_claim"
    case .rmqueueSteal: "__rmqueue_steal"
    case .reserveHighAtomic: "reserve_highatomic_pageblock"
    case .unreserveHighAtomic: "unreserve_highatomic_pageblock"
    case .prepNewPage: "prep_new_page"
    case .freePages: "__free_pages"
    case .freePagesPrepare: "free_pages_prepare"
    case .freeFrozenPageCommit: "free_frozen_page_commit"
    case .freePcppagesBulk: "free_pcppages_bulk"
    case .freeOnePage: "free_one_page"
    case .freeUnrefFolios: "free_unref_folios"
    case .drainPagesZone: "drain_pages_zone"
    case .drainAllPages: "drain_all_pages"
    case .decayPcpHigh: "decay_pcp_high"
    case .allocPagesBulk: "alloc_pages_bulk"
    case .freePagesBulk: "free_pages_bulk"
    case .takePageOffBuddy: "take_page_off_buddy"
    case .putPageBackBuddy: "put_page_back_buddy"
    case .tryGetPage: "folio_try_get"
    case .putPage: "folio_put"
    case .initialise: "memmap_init"
    case .pageStamp: "page_private"
    case .allocPagesNoLock: "alloc_pages_nolock"
    case .freePagesNoLock: "free_pages_nolock"
    }
  }
}

/// Rules whose breach ends a run: where the kernel has a VM_BUG_ON.
public enum AllocatorRule: UInt16, CaseIterable, Sendable {
  case listCorrupted = 32
  case badPageState, perCPUCountWrong, notAFrame, stampOverwritten, freeOfReserved
  case reserveUnderflow, refcountWrong, slotOutsideArray

  var text: RuleText {
    let rule = Rule(rawValue)
    return switch self {
    case .listCorrupted:
      RuleText(
        rule, "list-corrupted", "The list node {s} links to node {0}, which cannot be next to it.")
    case .badPageState:
      RuleText(
        rule, "bad-page-state",
        "{s} was freed or taken in a state that forbids it: word {x0}, references {1}.")
    case .perCPUCountWrong:
      RuleText(
        rule, "pcp-count-wrong",
        "The per-CPU lists of {s} are empty, but count {0} pages, and {1} more were to go.")
    case .notAFrame:
      RuleText(rule, "not-a-frame", "{0} is not a frame of the machine.")
    case .stampOverwritten:
      RuleText(
        rule, "stamp-overwritten",
        "{s} was written to while held: its holder left {x0} there and found {x1}.")
    case .freeOfReserved:
      RuleText(rule, "free-of-reserved", "{s} was freed, but is not memory of the allocator.")
    case .reserveUnderflow:
      RuleText(
        rule, "reserve-underflow", "The high-atomic reserve of {s} is {0} pages, {1} were taken.")
    case .refcountWrong:
      RuleText(rule, "refcount-wrong", "The reference count of {s} fell to {0}.")
    case .slotOutsideArray:
      RuleText(
        rule, "slot-outside-array", "{s} of an array of {0} slots was read.")
    }
  }
}

/// Events and paths that the allocator counts; the first are those of /proc/vmstat.
public enum AllocatorCounter: UInt16, CaseIterable, Sendable {
  case pgallocDma = 0
  case pgallocDma32, pgallocNormal, pgallocMovable, pgfree
  case numaHit, numaMiss, numaForeign, numaLocal, numaOther
  case pagesTakenUnderZoneLock, pagesDrained, fallbackEvents
  case pathPcpRefill, pathPcpTrylockFailed, pathPcpFreeTrylockFailed, pathBuddyDirect
  case pathClaim, pathClaimWholeBlock, pathSteal, pathNoFragmentDropped, pathSlow, pathOutOfMemory
  case pathHighAtomicReserve, pathHighAtomicUse, pathHighAtomicUnreserve, pathBoost
  case pathBulkBatch, pathBulkFullOnEntry, pathBulkSingle, pathBulkShort, pathBulkPcpBusy
  case pathBulkNoZone, pathBulkRemoteNode, pathBulkAccount, pathBulkBlock
  case pathFreeHigh, pathFreeChunked, pathFreeRelockFailed, pathFreeBatch, pathFreeTail
  case pathFreeDirect, pathSplitLargeBuddy, pathFreeContiguous
  case pathDrainLocal, pathDrainRemote, pathDrainAll, pathDecay
  case pathTakeOffBuddy, pathPutBackBuddy, pathTryGet, pathTryGetFailed, pathPutLast
  case pathBelowHigh, pathZoneFallback, pathNodeFallback
  case pathNoLockAlloc, pathNoLockAllocFailed, pathNoLockFree, pathPark, pathUnpark

  /// The counter for machine records.
  @inline(__always) public var id: CounterID { CounterID(rawValue) }

  /// The name: of /proc/vmstat where there is one, else of the path.
  public var name: String {
    switch self {
    case .pgallocDma: "pgalloc_dma"
    case .pgallocDma32: "pgalloc_dma32"
    case .pgallocNormal: "pgalloc_normal"
    case .pgallocMovable: "pgalloc_movable"
    case .pgfree: "pgfree"
    case .numaHit: "numa_hit"
    case .numaMiss: "numa_miss"
    case .numaForeign: "numa_foreign"
    case .numaLocal: "numa_local"
    case .numaOther: "numa_other"
    case .pagesTakenUnderZoneLock: "pages_zone_locked"
    case .pagesDrained: "pages_pcpu_drained"
    case .fallbackEvents: "fallback_events"
    default: pathName
    }
  }

  /// True for the counter of a path of the code: what vacuity asks for.
  public var isPath: Bool { rawValue >= AllocatorCounter.pathPcpRefill.rawValue }

  /// `pathBulkSingle` becomes `bulk-single`.
  private var pathName: String {
    var text = ""
    for character in String(describing: self).dropFirst(4) {
      if character.isUppercase && !text.isEmpty { text += "-" }
      text += character.lowercased()
    }
    return text
  }
}

/// The allocator's locks.
public enum AllocatorLockClass: UInt8, CaseIterable, Sendable {
  case pcp = 0
  case zone

  /// The class for machine locks.
  public var id: LockClass { LockClass(rawValue) }

  /// The name in reports.
  public var name: String {
    switch self {
    case .pcp: "pcp->lock"
    case .zone: "zone->lock"
    }
  }
}

extension Catalog {
  /// Adds the allocator's names.
  public mutating func addPageAllocator() {
    add(sites: AllocatorSite.allCases.map { ($0.rawValue, $0.kernelName) })
    add(counters: AllocatorCounter.allCases.map { ($0.rawValue, $0.name) })
    add(lockClasses: AllocatorLockClass.allCases.map { ($0.rawValue, $0.name) })
    add(rules: AllocatorRule.allCases.map(\.text))
  }
}

extension CPU {
  /// The same CPU, at a function of the allocator.
  @inline(always) func at(_ site: AllocatorSite) -> CPU { at(Site(site.rawValue)) }

  /// Counts an event or a path.
  @inline(always) func count(_ counter: AllocatorCounter, _ amount: Int = 1) {
    count(counter.id, amount)
  }

  /// The modelled code broke a rule about a frame; never returns.
  func bug(
    _ rule: AllocatorRule, _ frame: PageFrameNumber, _ evidence0: Int = 0, _ evidence1: Int = 0
  ) -> Never {
    bug(Rule(rule.rawValue), .frame, frame.index, evidence0, evidence1)
  }

  /// The modelled code broke a rule about a zone; never returns.
  func bug(_ rule: AllocatorRule, zone: Int, _ evidence0: Int = 0, _ evidence1: Int = 0) -> Never {
    bug(Rule(rule.rawValue), .zone, zone, evidence0, evidence1)
  }
}
