// The section `explore` of a config: how it is scaled down for the simulated machine.

import Exploration
import JSON5
import Machine
import MachineChecks
import PageAllocator

/// What a config says about its exploration; nil for what follows from the config.
public struct ExplorePlan: Sendable, Equatable {
  /// CPUs, that of a kernel thread included, 1 ... `cpusMax`.
  public var cpus: Int?
  /// Frames of all zones, 64 ... 65536.
  public var frames: Int?
  /// Operations of each CPU, 1 ... 1000.
  public var operations: Int?
  /// Pages that one request brings at most, 2 ... 64: a bulk call, an array, a receive queue.
  public var pages: Int?
  /// Pages of a refill of a per-CPU list, 1 ... `AllocatorTunables.batchMax`.
  public var batch: Int?
  /// Pages of the per-CPU lists of a zone, 0 ... 65536.
  public var high: Int?
  /// Pages below the min watermarks of all zones, 1 ... 65536.
  public var minFree: Int?
  /// Interrupts in a schedule of each source that the config has on, 0 ... 100.
  public var interrupts: Int?
  /// Points after which a schedule is cut, 200 ... 1000000.
  public var pointsMax: Int?
  /// How schedules are found.
  public var strategy: CampaignStrategy?
  /// Where CPUs may be interrupted.
  public var granularity: Granularity?
  /// Required paths that no schedule takes at this size.
  public var exempt: [String] = []
  /// True to look for races and at the order of locks in each schedule, too; nil in some.
  public var races: Bool?
  /// What of locks is a finding, as `LockFact` names it; nil for nothing.
  public var watch: String?
  /// The numbers of the operations that each CPU does, ascending; nil for the first ones.
  public var only: [[Int]]?

  /// Nothing said.
  public init() {}

  /// CPUs of an exploration.
  static let cpusMax = 8
  static let operationsMax = 1000

  static func read(_ root: ConfigurationObject) throws(ConfigurationError) -> ExplorePlan {
    var plan = ExplorePlan()
    guard let explore = try root.object("explore") else { return plan }
    plan.cpus = try explore.optionalInt("cpus", in: 1...cpusMax)
    plan.frames = try explore.optionalInt("frames", in: 64...65_536)
    plan.operations = try explore.optionalInt("operations", in: 1...operationsMax)
    plan.pages = try explore.optionalInt("pages", in: 2...64)
    plan.batch = try explore.optionalInt("batch", in: 1...AllocatorTunables.batchMax)
    plan.high = try explore.optionalInt("high", in: 0...65_536)
    plan.minFree = try explore.optionalInt("minFree", in: 1...65_536)
    plan.interrupts = try explore.optionalInt("interrupts", in: 0...100)
    plan.pointsMax = try explore.optionalInt("pointsMax", in: 200...1_000_000)
    plan.strategy = try readStrategy(explore)
    plan.granularity = try explore.optionalOneOf(
      "granularity", Granularity.allCases.map(\.rawValue)
    ).flatMap(Granularity.init)
    plan.exempt = try explore.someOf("exempt", ConfigurationLoader.pathNames, default: [])
    plan.races = try explore.optionalBool("races")
    plan.watch = try explore.optionalString("watch")
    if let watch = plan.watch, !LockFact.isName(watch, RunAssembly.catalog) {
      throw explore.error(
        "watch", "\(JSON5Reader.shown(watch)) is nothing that locks can do",
        hint: "such as \"zone->lock under pcp->lock\"")
    }
    if explore.node("only") != nil {
      var only: [[Int]] = []
      for text in try explore.strings("only") { only.append(try numbers(text, explore)) }
      plan.only = only
    }
    try explore.finish()
    return plan
  }

  private static func readStrategy(
    _ explore: ConfigurationObject
  ) throws(ConfigurationError) -> CampaignStrategy? {
    guard let name = try explore.optionalString("strategy") else { return nil }
    guard let strategy = CampaignStrategy(name: name) else {
      throw explore.error(
        "strategy", "no strategy is called \(JSON5Reader.shown(name))",
        hint: CampaignStrategy.names)
    }
    return strategy
  }

  private static func numbers(
    _ text: String, _ explore: ConfigurationObject
  ) throws(ConfigurationError) -> [Int] {
    var numbers: [Int] = []
    for word in text.split(separator: " ") {
      guard let number = Int(word), (0..<operationsMax).contains(number),
        number > numbers.last ?? -1
      else {
        throw explore.error(
          "only",
          "expected ascending numbers below \(operationsMax) such as \"0 2\", found "
            + JSON5Reader.shown(text))
      }
      numbers.append(number)
    }
    return numbers
  }

  /// The section as a config has it; nil if nothing is said.
  func node(at place: SourcePosition) -> JSON5Node? {
    if self == ExplorePlan() { return nil }
    var members: [JSON5Member] = []
    func add(_ key: String, _ value: JSON5Value?) {
      guard let value else { return }
      members.append(
        JSON5Member(key: key, keyPosition: place, value: JSON5Node(value, at: place)))
    }
    func number(_ value: Int?) -> JSON5Value? { value.map { .number(JSON5Number($0)) } }
    add("cpus", number(cpus))
    add("frames", number(frames))
    add("operations", number(operations))
    add("pages", number(pages))
    add("batch", number(batch))
    add("high", number(high))
    add("minFree", number(minFree))
    add("interrupts", number(interrupts))
    add("pointsMax", number(pointsMax))
    add("strategy", strategy.map { .string($0.name) })
    add("granularity", granularity.map { .string($0.rawValue) })
    add("exempt", .array(exempt.map { JSON5Node(.string($0), at: place) }))
    add("races", races.map { .bool($0) })
    add("watch", watch.map { .string($0) })
    add(
      "only",
      only.map { lists in
        .array(
          lists.map {
            JSON5Node(.string($0.map(String.init).joined(separator: " ")), at: place)
          })
      })
    return JSON5Node(.object(members), at: place)
  }
}
