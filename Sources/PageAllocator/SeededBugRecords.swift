// What is known of each seeded bug, a record each.

extension SeededBugRecord {
  static var bustedPCPLock: SeededBugRecord {
    SeededBugRecord(
      name: "busted-pcp-lock", origin: .tester, config: "quick",
      summary: "The trylock of a per-CPU list always succeeds, so an interrupt edits lists in use.",
      judges: ["ledger"],
      rules: [
        "double-allocation", "double-free", "stamp-overwritten", "list-corrupted",
        "bad-page-state", "pcp-count-wrong",
      ])
  }

  static var bulkFullArrayReturnsZero: SeededBugRecord {
    SeededBugRecord(
      name: "bulk-full-array-returns-zero", origin: .fixedBy("66d9282523b3"), config: "quick",
      summary: "A bulk allocation into a full array returns 0 instead of the number of its pages.",
      judges: ["bulk"], rules: ["bulk-full-array"])
  }

  static var bulkPopulatedInsteadOfAccount: SeededBugRecord {
    SeededBugRecord(
      name: "bulk-populated-instead-of-account", origin: .fixedBy("c572e4888ad1"),
      config: "low-memory",
      summary:
        "A bulk allocation that adds nothing to a partly filled array does not try for one page.",
      judges: ["bulk"], rules: ["bulk-no-single-attempt"])
  }

  static var bulkReadsPastEnd: SeededBugRecord {
    SeededBugRecord(
      name: "bulk-reads-past-end", origin: .fixedBy("b08e50dd6448"), config: "quick",
      summary: "A bulk allocation looks for the first empty slot beyond the end of a full array.",
      judges: [], rules: ["slot-outside-array"])
  }

  static var tailLeak: SeededBugRecord {
    SeededBugRecord(
      name: "tail-leak", origin: .fixedBy("e320d3012d25"), config: "quick",
      summary:
        "Freeing a block that another caller refers to frees only its first page later.",
      judges: ["leaks"], rules: ["leaked-page"])
  }

  static var doubleFreeAfterPut: SeededBugRecord {
    SeededBugRecord(
      name: "double-free-after-put", origin: .fixedBy("462a8e08e0e6"), config: "anonymous-huge",
      summary:
        "Whether a block is compound is asked after its reference was dropped, so its tail is"
        + " freed again.",
      judges: [], rules: ["bad-page-state", "double-free", "not-a-frame"])
  }

  static var nrFreeDrift: SeededBugRecord {
    SeededBugRecord(
      name: "nr-free-drift", origin: .fixedBy("bac9c6fa1f92"), config: "everything",
      summary: "A page taken out of service still counts as free.",
      judges: ["zones"], rules: ["counter-mismatch"])
  }

  static var pcpTypeToBuddy: SeededBugRecord {
    SeededBugRecord(
      name: "pcp-type-to-buddy", origin: .fixedBy("7b086755fb8c"), config: "low-memory",
      summary:
        "A page freed with the per-CPU lock taken goes to the buddy list of the per-CPU list's"
        + " type.",
      judges: ["zones"], rules: ["list-type-mismatch", "counter-mismatch"])
  }

  static var mergeRetagsFirstBlock: SeededBugRecord {
    SeededBugRecord(
      name: "merge-retags-first-block", origin: .cameWith("e0932b6c1f94"), config: "quick",
      summary:
        "Merging with a buddy of several pageblocks gives only the first of them the new type.",
      judges: ["zones"], rules: ["list-type-mismatch", "counter-mismatch"])
  }

  static var highAtomicUnderflow: SeededBugRecord {
    SeededBugRecord(
      name: "highatomic-underflow", origin: .fixedBy("4855e4a7f29d"), config: "low-memory",
      summary:
        "A free goes by the pageblock's type before the lock was taken, so that one block leaves"
        + " the high-atomic reserve twice.",
      judges: ["zones"], rules: ["reserve-underflow", "list-type-mismatch", "counter-mismatch"])
  }

  static var freeEndlessLoop: SeededBugRecord {
    SeededBugRecord(
      name: "free-endless-loop", origin: .fixedBy("88e8ac11d2ea"), config: "quick",
      summary:
        "Giving pages back from per-CPU lists goes on for as many as asked, though the lists are"
        + " empty.",
      judges: [], rules: ["pcp-count-wrong"])
  }

  static var uniprocessorTrylock: SeededBugRecord {
    SeededBugRecord(
      name: "uniprocessor-trylock", origin: .fixedBy("038a102535eb"), config: "uniprocessor",
      summary: "On one CPU a drain leaves interrupts on, and the interrupt's trylock succeeds.",
      judges: ["ledger"],
      rules: [
        "double-allocation", "double-free", "stamp-overwritten", "list-corrupted",
        "bad-page-state", "pcp-count-wrong", "pcp-count-mismatch", "list-broken", "conservation",
      ])
  }

  static var stalePCPAfterUnlock: SeededBugRecord {
    SeededBugRecord(
      name: "stale-pcp-after-unlock", origin: .hazard("kernel 6.19's chunked free"),
      config: "everything",
      summary: "A free that lost the per-CPU lock between two chunks goes on as if it had it.",
      judges: ["ledger"],
      rules: [
        "unlock-not-held", "double-allocation", "list-corrupted", "bad-page-state",
        "pcp-count-wrong",
      ])
  }

  static var drainWithoutLock: SeededBugRecord {
    SeededBugRecord(
      name: "drain-without-lock", origin: .tester, config: "everything",
      summary: "A drain starts a per-CPU list's count of frees anew before it takes the lock.",
      judges: ["races"], rules: ["data-race"])
  }

  static var zoneLockBeforePCPLock: SeededBugRecord {
    SeededBugRecord(
      name: "zone-lock-before-pcp-lock", origin: .tester, config: "quick",
      summary:
        "A drain looks at the count of a per-CPU list under the zone lock, against the order.",
      judges: ["lockdep"], rules: ["lock-order"])
  }

  static var noLockSpins: SeededBugRecord {
    SeededBugRecord(
      name: "nolock-spins", origin: .tester, config: "nmi",
      summary: "An allocation or free that must not wait, as in an NMI, waits for the zone lock.",
      judges: [], rules: ["deadlock", "stuck", "lock-nmi"])
  }

  static var lowmemReserveIgnored: SeededBugRecord {
    SeededBugRecord(
      name: "lowmem-reserve-ignored", origin: .tester, config: "reserves",
      summary: "A request takes what a lower zone keeps from those that could use a higher one.",
      judges: ["grants"], rules: ["reserve-broken"])
  }

  static var drainLeavesRest: SeededBugRecord {
    SeededBugRecord(
      name: "drain-leaves-rest", origin: .tester, config: "quick",
      summary: "A drain gives back whole batches only, and leaves the rest on the per-CPU lists.",
      judges: ["coalescing"], rules: ["not-coalesced"])
  }

  static var mergeStopsEarly: SeededBugRecord {
    SeededBugRecord(
      name: "merge-stops-early", origin: .tester, config: "quick",
      summary:
        "A pageblock is not merged with its buddy, though that is free and of a type that merges.",
      judges: ["zones", "coalescing"], rules: ["not-coalesced", "unmerged-buddies"])
  }
}
