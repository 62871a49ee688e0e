// From a config's text to a RunPlan: every value checked, every default filled in, before anything
// starts.

import JSON5
import Machine
import PageAllocator
import Workloads

/// Reads configs.
public enum ConfigurationLoader {
  /// The plan of a config.
  ///
  /// - Parameters:
  ///   - file: named in errors, and the place that relative names inside are *not* relative to:
  ///     those are relative to the current directory.
  ///   - settings: `path=value` of each `--set`, in order; they win over the text.
  ///   - seed: of `--seed`; wins over the text.
  ///   - drawnSeed: taken if neither says one.
  ///   - bugs: of each `--bug`, beside those of the text.
  ///   - files: gives the bytes of a file that the config names; `-` is standard input.
  public static func load(
    file: String, text: [UInt8], settings: [String], seed: UInt64?, drawnSeed: UInt64,
    bugs: [String], files: NamedFileReader
  ) throws(ConfigurationError) -> RunPlan {
    var node = try JSON5Reader.read(text, file: file)
    for setting in settings { node = try node.applying(setting: setting) }
    let root = try ConfigurationObject(node)
    let name = try root.string("name", default: stem(of: file))
    _ = try root.string("description", default: "")
    let configSeed = try root.optionalUInt64("seed")
    let statistics = try root.oneOf(
      "statistics", StatisticsMode.allCases.map { "\($0)" }, default: "counts")
    let machine = try MachineConfiguration(root, files)
    let interrupts = try InterruptConfiguration.read(root)
    let workloads = try WorkloadConfiguration.read(root, workerCPUs: machine.cpus)
    let trace = try TraceConfiguration.read(root, machine, files)
    let stop = try readStop(root, hasTrace: trace != nil)
    let checks = try readChecks(root)
    let allBugs = try readBugs(root, bugs)
    let threads = workloads.filter(\.kind.isKernelThread).count
    let policies = try PolicyConfiguration(root, cpus: machine.cpus + threads)
    let slots = try root.int(
      "pageCacheSlots", in: 0...SharedPageCache.slotCountMax,
      default: workloads.contains { $0.kind.name == "pageCache" } ? machine.standardCacheSlots : 0)
    let explore = try ExplorePlan.read(root)
    try checkTogether(root, workloads, trace, cacheSlots: slots)
    try root.finish()
    var plan = RunPlan(
      name: name, file: file, seed: seed ?? configSeed ?? drawnSeed, workerCPUs: machine.cpus,
      allocator: machine.plan(threads: threads, policies, trace: trace), interrupts: interrupts,
      workloads: workloads, trace: trace, pageCacheSlots: slots, stop: stop,
      statistics: StatisticsMode.allCases.first { "\($0)" == statistics } ?? .counts,
      checks: checks, bugs: allBugs, resolved: node)
    plan.explore = explore
    plan.resolved = ResolvedOptions.node(plan, machine)
    return plan
  }

  private static func stem(of file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".json5") ? String(last.dropLast(6)) : last
  }

  private static func readStop(
    _ root: ConfigurationObject, hasTrace: Bool
  ) throws(ConfigurationError) -> StopPlan {
    var plan = StopPlan(
      durationNanoseconds: nil, operations: nil, stuckNanoseconds: 60_000_000_000)
    if let stop = try root.object("stop") {
      plan.durationNanoseconds = try stop.optionalDuration(
        "duration", in: 1_000_000...86_400_000_000_000_000)
      plan.operations = try stop.optionalInt("operations", in: 1...1_000_000_000_000)
      plan.stuckNanoseconds = try stop.duration(
        "stuck", in: 10_000_000...86_400_000_000_000, default: 60_000_000_000)
      plan.atFirstFinding = try stop.bool("firstFinding", default: false)
      try stop.finish()
    }
    if plan.durationNanoseconds == nil && plan.operations == nil && !hasTrace {
      throw root.error(
        "stop", "nothing says when the run ends",
        hint: "set stop.duration, such as \"5s\", or stop.operations")
    }
    return plan
  }

  private static func readChecks(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> ChecksPlan {
    var plan = ChecksPlan(
      ledger: true, bulkOracle: true, grants: true, invariants: true, leaks: true, lockdep: false,
      pauseNanoseconds: nil, requiredPaths: [])
    guard let checks = try root.object("checks") else { return plan }
    plan.ledger = try checks.bool("ledger", default: true)
    plan.bulkOracle = try checks.bool("bulkOracle", default: true)
    plan.grants = try checks.bool("grants", default: true)
    plan.invariants = try checks.bool("invariants", default: true)
    plan.leaks = try checks.bool("leaks", default: true)
    plan.lockdep = try checks.bool("lockdep", default: false)
    plan.pauseNanoseconds = try checks.optionalDuration(
      "pauseEvery", in: 10_000_000...86_400_000_000_000)
    plan.requiredPaths = try checks.someOf("require", pathNames, default: [])
    try checks.finish()
    return plan
  }

  /// What `checks.require` may name.
  public static var pathNames: [String] {
    AllocatorCounter.allCases.filter(\.isPath).map(\.name) + WorkloadCounter.allCases.map(\.name)
  }

  private static func readBugs(
    _ root: ConfigurationObject, _ named: [String]
  ) throws(ConfigurationError) -> [SeededBug] {
    let names = SeededBug.allCases.map(\.name)
    var bugs = try root.someOf("bugs", names, default: []).compactMap(SeededBug.init(named:))
    for name in named {
      guard let bug = SeededBug(named: name) else {
        let guess = didYouMean(name, among: names).map { "did you mean \"\($0)\"? " } ?? ""
        throw ConfigurationError(
          at: SourcePosition(file: "--bug", line: 1, column: 1), path: "",
          message: "no seeded bug is called \"\(name)\"",
          hint: guess + "known: " + names.joined(separator: ", "))
      }
      if !bugs.contains(bug) { bugs.append(bug) }
    }
    return bugs
  }

  private static func checkTogether(
    _ root: ConfigurationObject, _ workloads: [WorkloadPlan], _ trace: TracePlan?, cacheSlots: Int
  ) throws(ConfigurationError) {
    if trace != nil && !workloads.isEmpty {
      throw root.error(
        "workloads", "a recording is replayed alone", hint: "remove workloads, or trace")
    }
    if trace == nil && !workloads.contains(where: { !$0.kind.isKernelThread }) {
      throw root.error(
        "workloads", "nobody would use the allocator",
        hint: "name at least one workload that is not a kernel thread; list workloads shows them")
    }
    if cacheSlots == 0 && workloads.contains(where: { $0.kind.name == "pageCache" }) {
      throw root.error(
        "pageCacheSlots", "the workload pageCache needs a page cache", hint: "set it above 0")
    }
  }
}
