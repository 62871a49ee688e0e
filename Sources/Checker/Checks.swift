// The judges of the allocator, as a table: what each looks at, and which seeded bug shows that it
// looks.

import PageAllocator

/// One judge of the allocator.
public struct Check: Sendable {
  /// Its name in configs and on the command line.
  public let name: String
  /// What it checks and when, in one sentence.
  public let summary: String
  /// The rules of the allocator that it reports.
  public let rules: [CheckerRule]
  /// The rules of any machine that it reports, by name.
  public let machineRules: [String]
  /// The seeded bugs that it must catch; empty if tests with a corrupted allocator show that it
  /// fires.
  public var shownBy: [SeededBug] {
    SeededBug.allCases.filter { $0.record.judges.contains(name) }
  }

  /// All judges of the allocator, in the order in which they look.
  public static var all: [Check] {
    [ledger, bulk, grants, zones, leaks, coalescing, lockdep, races, vacuity]
  }

  /// The names of all rules that it reports.
  public var ruleNames: [String] { rules.map(\.name) + machineRules }

  private init(
    name: String, summary: String, rules: [CheckerRule], machineRules: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.rules = rules
    self.machineRules = machineRules
  }

  /// The judge called `name`; nil if there is none.
  public static func named(_ name: String) -> Check? { all.first { $0.name == name } }

  /// Who has each frame.
  public static var ledger: Check {
    Check(
      name: "ledger",
      summary: "No frame is given out twice or given back twice, checked at each event.",
      rules: [.doubleAllocation, .doubleFree])
  }

  /// What bulk calls do to their arrays.
  public static var bulk: Check {
    Check(
      name: "bulk",
      summary: "Every bulk allocation fills only empty slots, returns a filled prefix, and tries"
        + " for one page if the batch adds none.",
      rules: [
        .bulkFullArray, .bulkReturnValue, .bulkSlotChanged, .bulkSlotLost, .bulkFramesMismatch,
        .bulkNoSingleAttempt,
      ])
  }

  /// What requests get.
  public static var grants: Check {
    Check(
      name: "grants",
      summary: "A request gets an aligned block of a zone that it allows and above the watermark"
        + " that it must keep, and fails only if no such zone has plenty.",
      rules: [
        .wrongZone, .misalignedBlock, .reserveBroken, .reserveTaken, .needlessFailure,
      ])
  }

  /// All zones at rest.
  public static var zones: Check {
    Check(
      name: "zones",
      summary: "At rest every page is in one place, lists are whole, types and counters right,"
        + " list lengths, reserves and boosts within limits, and free buddies merged.",
      rules: [
        .conservation, .listBroken, .unmergedBuddies, .listTypeMismatch, .counterMismatch,
        .pcpCountMismatch, .pcpTypeMismatch, .eventCountMismatch, .limitExceeded,
        .pcpTooLong,
      ])
  }

  /// What is held at the end.
  public static var leaks: Check {
    Check(
      name: "leaks", summary: "Once all workers gave back what they hold, no page is held.",
      rules: [.leakedPage])
  }

  /// How free memory is cut up at the end.
  public static var coalescing: Check {
    Check(
      name: "coalescing",
      summary: "Once all is given back and drained, free memory is in blocks as large as types"
        + " allow.",
      rules: [.notCoalesced])
  }

  /// The order of locks.
  public static var lockdep: Check {
    Check(
      name: "lockdep",
      summary: "The classes of locks are taken in one order, and those that interrupts wait for"
        + " with interrupts off, in all that was seen together.",
      rules: [],
      machineRules: [
        "lock-order", "lock-nmi", "lock-interrupt", "lock-interrupt-order", "lock-nesting",
        "lock-watched",
      ])
  }

  /// Accesses that nothing orders.
  public static var races: Check {
    Check(
      name: "races",
      summary: "Something orders every two accesses to guarded state, and the writers of counters;"
        + " of simulated schedules only.",
      rules: [], machineRules: ["data-race", "unordered-update"])
  }

  /// What was not exercised.
  public static var vacuity: Check {
    Check(
      name: "vacuity",
      summary: "Every path that the config requires was taken, and signals came if asked for.",
      rules: [.vacuous])
  }
}
