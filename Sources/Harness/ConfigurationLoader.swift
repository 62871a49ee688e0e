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
    var plan = RunPlan(name: stem(of: file), file: file, seed: drawnSeed)
    for option in [
      RootOptions.name, RootOptions.description, RootOptions.seed, RootOptions.statistics,
    ] {
      try option.read(root, into: &plan)
    }
    plan.seed = seed ?? plan.seed
    var machine = try BuiltMachine(root, files, &plan)
    plan.interrupts = try InterruptPlan.read(root)
    plan.workloads = try WorkloadPlan.read(root, workerCPUs: plan.workerCPUs)
    plan.trace = try TracePlan.read(root, machine, plan, files)
    machine.takeNodes(from: plan.trace, plan.machine)
    try readStop(root, &plan)
    try ChecksPlan.section.read(from: root, into: &plan.checks)
    try RootOptions.bugs.read(root, into: &plan)
    try add(bugs, to: &plan)
    machine.place(&plan)
    try readPolicies(root, &plan)
    let hasCache = plan.workloads.contains { $0.kind.name == "pageCache" }
    plan.pageCacheSlots = hasCache ? machine.standardCacheSlots : 0
    try RootOptions.pageCacheSlots.read(root, into: &plan)
    try ExploreOptions.section.read(from: root, into: &plan.explore)
    try checkTogether(root, plan, hasCache: hasCache)
    try root.finish()
    return plan
  }

  private static func stem(of file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".json5") ? String(last.dropLast(6)) : last
  }

  private static func readStop(
    _ root: ConfigurationObject, _ plan: inout RunPlan
  ) throws(ConfigurationError) {
    try StopPlan.section.read(from: root, into: &plan.stop)
    if plan.stop.durationNanoseconds == nil && plan.stop.operations == nil && plan.trace == nil {
      throw root.error(
        "stop", "nothing says when the run ends",
        hint: "set stop.duration, such as \"5s\", or stop.operations")
    }
  }

  private static func readPolicies(
    _ root: ConfigurationObject, _ plan: inout RunPlan
  ) throws(ConfigurationError) {
    let cpus = plan.cpuCount
    try AllocatorTunables.policies.read(from: root, into: &plan.allocator.tunables) {
      policies, tunables throws(ConfigurationError) in
      if tunables.perCPUProtection == .uniprocessor && cpus != 1 {
        throw policies.error(
          "pcpProtection", "\(cpus) CPUs would share lists that no lock protects",
          hint: "machine.cpus: 1 and no kernel thread, which has a CPU of its own")
      }
    }
  }

  private static func add(
    _ named: [String], to plan: inout RunPlan
  ) throws(ConfigurationError) {
    let names = SeededBug.allCases.map(\.name)
    for name in named {
      guard let bug = SeededBug(named: name) else {
        let guess = didYouMean(name, among: names).map { "did you mean \"\($0)\"? " } ?? ""
        throw ConfigurationError(
          at: SourcePosition(file: "--bug", line: 1, column: 1), path: "",
          message: "no seeded bug is called \"\(name)\"",
          hint: guess + "known: " + names.joined(separator: ", "))
      }
      if !plan.bugs.contains(bug) { plan.bugs.append(bug) }
    }
  }

  private static func checkTogether(
    _ root: ConfigurationObject, _ plan: RunPlan, hasCache: Bool
  ) throws(ConfigurationError) {
    if plan.trace != nil && !plan.workloads.isEmpty {
      throw root.error(
        "workloads", "a recording is replayed alone", hint: "remove workloads, or trace")
    }
    if plan.trace == nil && !plan.workloads.contains(where: { !$0.kind.isKernelThread }) {
      throw root.error(
        "workloads", "nobody would use the allocator",
        hint: "name at least one workload that is not a kernel thread; list workloads shows them")
    }
    if plan.pageCacheSlots == 0 && hasCache {
      throw root.error(
        "pageCacheSlots", "the workload pageCache needs a page cache", hint: "set it above 0")
    }
  }
}
