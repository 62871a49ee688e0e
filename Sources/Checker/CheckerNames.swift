// The judges' sites, rules and counters.

import Machine
import PageAllocator

/// Judges, as the sites of findings that no CPU wrote.
public enum CheckerSite: UInt16, CaseIterable, Sendable {
  case zoneScan = 150
  case leakCheck, vacuity

  /// The name in reports.
  public var name: String {
    switch self {
    case .zoneScan: "zone-scan"
    case .leakCheck: "leak-check"
    case .vacuity: "vacuity"
    }
  }
}

/// Rules that the judges of the allocator report.
public enum CheckerRule: UInt16, CaseIterable, Sendable {
  case doubleAllocation = 128
  case doubleFree, leakedPage, notCoalesced, conservation, listBroken, unmergedBuddies
  case listTypeMismatch, counterMismatch, pcpCountMismatch, pcpTypeMismatch, eventCountMismatch
  case bulkFullArray, bulkReturnValue, bulkSlotChanged, bulkSlotLost, bulkFramesMismatch
  case bulkNoSingleAttempt, vacuous
  case wrongZone, misalignedBlock, reserveBroken, reserveTaken, needlessFailure, limitExceeded
  case pcpTooLong

  /// The rule for machine records.
  public var rule: Rule { Rule(rawValue) }

  /// The short name: `doubleAllocation` becomes `double-allocation`.
  public var name: String {
    var text = ""
    for character in String(describing: self) {
      if character.isUppercase { text += "-" }
      text += character.lowercased()
    }
    return text
  }

  /// What is wrong when it is broken; scans and checks at the end write a sentence of their own.
  var sentence: String {
    switch self {
    case .doubleAllocation:
      "{s} was taken, but is not free: CPU {0} ({c1}) has it in a block of order {3} since"
        + " {s2}."
    case .doubleFree:
      "{s} was given back, but nobody has it: CPU {0} ({c1}) gave it back or took it out of"
        + " service in {s2}, in a block of order {3}."
    case .leakedPage: "Pages were never given back."
    case .notCoalesced: "Free memory is in smaller blocks than it could be."
    case .conservation: "A page is in no place, or in more than one."
    case .listBroken: "A list is not whole, or what is on it does not belong there."
    case .unmergedBuddies: "Two free buddies of equal order were not merged."
    case .listTypeMismatch: "A free block is on the list of a type that its pageblock has not."
    case .counterMismatch: "A counter of a zone differs from what is there."
    case .pcpCountMismatch: "A per-CPU page count differs from what is on the lists."
    case .pcpTypeMismatch: "A block is on a per-CPU list of another order, type or zone."
    case .eventCountMismatch: "A counter differs from the events that were seen."
    case .bulkFullArray:
      "A bulk allocation into an array of {0} full slots returned {1}."
    case .bulkReturnValue:
      "A bulk allocation of {2} returned {0}, but its filled prefix is {1}, and {3} is the last"
        + " slot that it filled."
    case .bulkSlotChanged:
      "A bulk allocation changed {s}, which was occupied by frame {x0} and now holds {x1}."
    case .bulkSlotLost: "A bulk allocation emptied {s}, which was occupied by frame {x0}."
    case .bulkFramesMismatch:
      "A bulk allocation of {2} filled {0} slots and took {1} frames."
    case .bulkNoSingleAttempt:
      "A bulk allocation of {0} with {1} slots empty added no page and did not try for one."
    case .vacuous: "A required path was never taken."
    case .wrongZone: "{s} was given to a request that must not have pages of zone {0}; gfp {x1}."
    case .misalignedBlock: "{s} was given out as a block of order {0}, but is not aligned to it."
    case .reserveBroken:
      "A block of order {1} was given out of {s}, which had {0} usable pages at most, to a request"
        + " that must leave {2}; gfp {x3}."
    case .reserveTaken:
      "{s} of the high-atomic reserve of zone {0} was given to a request that must not use it;"
        + " gfp {x1}."
    case .needlessFailure:
      "A request of order {0} failed, but {s} had {1} free pages all the time, above a high"
        + " watermark of {2}; gfp {x3}."
    case .limitExceeded: "A number of a zone is beyond its limit."
    case .pcpTooLong: "More was freed to per-CPU lists than they may keep."
    }
  }
}

/// What the judges count while they listen.
public enum CheckerCounter: UInt16, CaseIterable, Sendable {
  case allocationsSeen = 140
  case pagesAllocatedSeen, pagesFreedSeen, bulkCallsChecked, bulkCallsTruncated
  case grantsSeen, grantsLocal, grantsOther
  case grantedDma, grantedDma32, grantedNormal, grantedMovable
  case pagesDrainedSeen, pagesUnderZoneLockSeen

  /// The counter for machine records.
  public var id: CounterID { CounterID(rawValue) }

  /// The name in reports.
  public var name: String {
    switch self {
    case .allocationsSeen: "checker-allocations"
    case .pagesAllocatedSeen: "checker-pages-allocated"
    case .pagesFreedSeen: "checker-pages-freed"
    case .bulkCallsChecked: "checker-bulk-calls"
    case .bulkCallsTruncated: "checker-bulk-calls-in-part"
    case .grantsSeen: "checker-grants"
    case .grantsLocal: "checker-grants-local"
    case .grantsOther: "checker-grants-other"
    case .grantedDma: "checker-pages-dma"
    case .grantedDma32: "checker-pages-dma32"
    case .grantedNormal: "checker-pages-normal"
    case .grantedMovable: "checker-pages-movable"
    case .pagesDrainedSeen: "checker-pages-drained"
    case .pagesUnderZoneLockSeen: "checker-pages-under-zone-lock"
    }
  }
}

extension Catalog {
  /// Adds the judges' names.
  public mutating func addChecker() {
    add(sites: CheckerSite.allCases.map { ($0.rawValue, $0.name) })
    add(counters: CheckerCounter.allCases.map { ($0.rawValue, $0.name) })
    add(rules: CheckerRule.allCases.map { RuleText($0.rule, $0.name, $0.sentence) })
  }
}

extension CPU {
  /// Counts what a judge saw.
  @inline(__always) func count(_ counter: CheckerCounter, _ amount: Int = 1) {
    count(counter.id, amount)
  }
}
