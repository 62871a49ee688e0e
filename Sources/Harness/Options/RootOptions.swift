// The options of a config's outermost object, and the order of all.

import JSON5
import Machine
import PageAllocator
import Workloads

/// The options of the outermost object.
enum RootOptions {
  static let name = ConfigurationOption<RunPlan>.option(
    "name", \.name, text, default: "the file name without .json5", "name in reports")
  static let description = ConfigurationOption<RunPlan>.remark(
    "description", text, default: "empty", "for readers of the file; not reported")
  static let seed = ConfigurationOption<RunPlan>.option(
    "seed", \.seed, .uint64(), default: "drawn", acceptsNull: true, "campaign seed; --seed wins")
  static let pageCacheSlots = ConfigurationOption<RunPlan>.option(
    "pageCacheSlots", \.pageCacheSlots, .int(in: 0...SharedPageCache.slotCountMax, "pages"),
    default: "a sixteenth of memory, 64 ... 65536, with pageCache, else 0",
    "pages of the page cache that all CPUs share")
  static let statistics = ConfigurationOption<RunPlan>.option(
    "statistics", \.statistics, .named(StatisticsMode.allCases) { "\($0)" },
    "lock counts; with timing also how long locks were held and waited for, latencies, and the"
      + " longest time with interrupts off")
  static let bugs = ConfigurationOption<RunPlan>.option(
    "bugs", \.bugs,
    .list(of: .named(SeededBug.allCases) { $0.name })
      .told(range: "names of list bugs"),
    default: "none", "seeded bugs to switch on; --bug adds to them")

  /// Any text: none, and more than a line of a report.
  private static var text: ConfigurationForm<String> {
    .string.told(ends: ["", String(repeating: "x", count: 300)])
  }
}

/// A key of the outermost object: one option, or a section.
struct RootMember: Sendable {
  /// Its options in a table.
  let declared: @Sendable () -> [DeclaredOption]
  /// What a plan prints there; nil for nothing.
  let member: @Sendable (RunPlan) -> JSON5Member?

  /// All, in the order in which they are printed.
  static let all: [RootMember] = [
    RootMember(RootOptions.name), RootMember(RootOptions.description),
    RootMember(RootOptions.seed),
    RootMember(MachineOptions.section) { $0.machine },
    RootMember(AllocatorTunables.section) { $0.saidTunables },
    RootMember(AllocatorTunables.policies) { $0.allocator.tunables },
    RootMember(InterruptPlan.section) { $0.interrupts },
    RootMember(
      "workloads", { WorkloadPlan.declared }, node: { WorkloadPlan.node($0.workloads) }),
    RootMember(TraceOptions.section) { $0.trace?.options },
    RootMember(RootOptions.pageCacheSlots),
    RootMember(StopPlan.section) { $0.stop },
    RootMember(RootOptions.statistics),
    RootMember(ChecksPlan.section) { $0.checks },
    RootMember(RootOptions.bugs),
    RootMember(ExploreOptions.section) { $0.explore == ExploreOptions() ? nil : $0.explore },
  ]

  private init(_ option: ConfigurationOption<RunPlan>) {
    declared = { [option.declared(in: "", RunPlan(name: "", file: "", seed: 0))] }
    member = { option.member(of: $0) }
  }

  private init<Values>(
    _ section: ConfigurationSection<Values>, _ values: @escaping @Sendable (RunPlan) -> Values?
  ) {
    self.init(section.path, { section.declared }, node: { values($0).map(section.node) })
  }

  private init(
    _ key: String, _ declared: @escaping @Sendable () -> [DeclaredOption],
    node: @escaping @Sendable (RunPlan) -> JSON5Node?
  ) {
    self.declared = declared
    member = { plan in
      node(plan).map { JSON5Member(key: key, keyPosition: .nowhere, value: $0) }
    }
  }
}

extension RunPlan {
  /// A config that gives this plan, every option written out: what is printed first, and what
  /// repeats the run.
  public var resolved: JSON5Node {
    JSON5Node(.object(RootMember.all.compactMap { $0.member(self) }))
  }

  /// The tunables without what a kernel's files say.
  fileprivate var saidTunables: AllocatorTunables {
    var tunables = allocator.tunables
    if machine.zoneinfo != nil { tunables.minFreeKBytes = nil }
    return tunables
  }
}
