// The section `explore` of a config: how it is scaled down for the simulated machine.

import Exploration
import JSON5
import Machine
import MachineChecks
import PageAllocator

/// What a config says about its exploration; nil for what follows from the config.
struct ExploreOptions: Sendable, Equatable {
  var cpus: Int?
  var frames: Int?
  var operations: Int?
  var pages: Int?
  var batch: Int?
  var high: Int?
  var minFree: Int?
  var interrupts: Int?
  var pointsMax: Int?
  var strategy: CampaignStrategy?
  var granularity: Granularity?
  var exempt: [String] = []
  var races: Bool?
  var watch: String?
  var only: [[Int]]?

  static let section = ConfigurationSection("explore", ExploreOptions(), sizes + search)

  /// What follows from a config that says nothing.
  private static let standard = ExploreScale(RunPlan(name: "", file: "", seed: 0))

  private static let sizes: [ConfigurationOption<ExploreOptions>] = [
    .optional(
      "cpus", \.cpus, .int(in: 1...Machine.workerCountMax),
      default: "\(ExploreScale.cpusStandard), or all if they are fewer",
      "CPUs, that of a kernel thread included"),
    .optional(
      "frames", \.frames, .int(in: 64...65_536), default: "\(standard.frames)",
      "frames of all zones"),
    .optional(
      "operations", \.operations, .int(in: 1...operationsMax), default: "\(standard.operations)",
      "operations of each CPU"),
    .optional(
      "pages", \.pages, .int(in: 2...64, "pages"), default: "\(standard.pages)",
      "pages of one request at most: a bulk call, an array, an area, a receive queue's refill"),
    .optional(
      "batch", \.batch, .int(in: 1...AllocatorTunables.batchMax, "pages"),
      default: "\(standard.batch), or allocator.batch if that is less", "pages of a refill"),
    .optional(
      "high", \.high, .int(in: 0...65_536, "pages"),
      default: "\(standard.high), or allocator.high if that is less",
      "length of per-CPU lists; tuned from half of it up where allocator.high and"
        + " allocator.perCPUHighFraction do not fix it"),
    .optional(
      "minFree", \.minFree, .int(in: 1...65_536, "pages"),
      default: "a sixteenth of explore.frames",
      "pages below the min watermarks of all zones but Movable"),
    .optional(
      "interrupts", \.interrupts, .int(in: 0...100), default: "\(standard.interrupts)",
      "interrupts of each source in a schedule"),
    .optional(
      "pointsMax", \.pointsMax, .int(in: 200...1_000_000, "points"),
      default: "\(standard.pointsMax)",
      "points after which a schedule is cut; a livelock is four in ten of them without progress,"
        + " and at least 1000 for each of explore.pages"),
  ]

  private static let search: [ConfigurationOption<ExploreOptions>] = [
    .optional(
      "strategy", \.strategy, .strategy, default: JSON5Writer.quoted(standard.strategy.name),
      "how schedules are found; --strategy; preemptions:N and delays:N end with bound N"),
    .optional(
      "granularity", \.granularity, .named(Granularity.allCases) { $0.rawValue },
      default: "both in turns; sync for preemptions, delays and exhaustive",
      "where a CPU may be interrupted by others: at locks, atomics and marked accesses, or at"
        + " plain accesses, too"),
    .option(
      "exempt", \.exempt, .paths, default: "none",
      "required paths that no schedule takes at this size"),
    .optional(
      "races", \.races, .bool, default: "in one schedule of 31",
      "looks for races and at the order of locks in each schedule, and at that of all of them"
        + " together; --races is true; systematic searches do so only then"),
    .optional(
      "watch", \.watch, .lockFact,
      "reports lock-watched where locks are as it says: one under another, zone->lock in hardirq"
        + " (or softirq, NMI), zone->lock outside of NMI, pcp->lock with interrupts on (or"
        + " softirqs), or two of a class out of order, zone->lock nested; what the seed files of"
        + " a lock-order finding have"),
    .optional(
      "only", \.only, .operations(below: operationsMax), default: "all",
      "for each CPU the numbers of the operations that it does, as in [\"0 2\", \"\"]; what"
        + " shrinking writes"),
  ]

  /// Operations of a CPU at most.
  private static let operationsMax = 1000
}

extension ConfigurationForm where Value == CampaignStrategy {
  /// A way to find schedules.
  fileprivate static var strategy: Self {
    ConfigurationForm<String>.string.told(
      range: "a name of list strategies",
      ends: [
        "portfolio", "random", "pct1", "pct16", "pos", "urw", "surw", "preemptions:0",
        "preemptions", "delays:\(CampaignStrategy.boundLimit)", "exhaustive",
      ]
    ).converted(
      { name throws(ConfigurationComplaint) in
        if let strategy = CampaignStrategy(name: name) { return strategy }
        throw ConfigurationComplaint(
          "no strategy is called \(JSON5Reader.shown(name))", hint: CampaignStrategy.names)
      }, back: { $0.name })
  }
}

extension ConfigurationForm where Value == String {
  /// A fact about locks.
  fileprivate static var lockFact: Self {
    string.refusing { name in
      if LockFact.isName(name, RunAssembly.catalog) { return nil }
      return ConfigurationComplaint(
        "\(JSON5Reader.shown(name)) is nothing that locks can do",
        hint: "such as \"zone->lock under pcp->lock\"")
    }.told(
      range: "a name such as \"zone->lock under pcp->lock\"",
      // Told last: to look names up takes a catalog.
      ends: ["zone->lock under pcp->lock", "pcp->lock with softirqs on"])
  }
}

extension ConfigurationForm where Value == [[Int]] {
  /// For each CPU ascending numbers of operations, as in `["0 2", ""]`.
  fileprivate static func operations(below limit: Int) -> Self {
    ConfigurationForm<[String]>.list(of: .string).converted(
      { texts throws(ConfigurationComplaint) in
        var lists: [[Int]] = []
        for text in texts { lists.append(try numbers(text, below: limit)) }
        return lists
      }, back: { lists in lists.map { $0.map(String.init).joined(separator: " ") } }
    ).told(range: "numbers below \(limit)", ends: [[], [Array(0..<limit)]])
  }

  private static func numbers(
    _ text: String, below limit: Int
  ) throws(ConfigurationComplaint) -> [Int] {
    var numbers: [Int] = []
    for word in text.split(separator: " ") {
      guard let number = Int(word), (0..<limit).contains(number), number > numbers.last ?? -1
      else {
        throw ConfigurationComplaint(
          "expected ascending numbers below \(limit) such as \"0 2\", found "
            + JSON5Reader.shown(text))
      }
      numbers.append(number)
    }
    return numbers
  }
}
