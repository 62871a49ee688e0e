// The section `workloads` of a config.

import JSON5
import Workloads

/// One entry of `workloads`.
public struct WorkloadPlan: Sendable {
  /// What it is.
  public var kind: WorkloadKind
  /// The CPUs that run it.
  public var cpus: [Int]
  /// How often it is drawn among the workloads of a CPU.
  public var weight = 1
  /// Its parameters.
  public var values: WorkloadValues

  /// Workloads of a run at most: each has a histogram in each context.
  static let countMax = 16

  /// A workload as it is if nothing else is said of it.
  public init(_ kind: WorkloadKind, cpus: [Int]) {
    self.kind = kind
    self.cpus = cpus
    values = WorkloadValues(kind.parameters.map { ($0.name, $0.standard) })
  }

  /// The workloads, each with its CPUs; kernel threads get CPUs of their own, from `workerCPUs` up.
  static func read(
    _ root: ConfigurationObject, workerCPUs: Int
  ) throws(ConfigurationError) -> [WorkloadPlan] {
    var plans: [WorkloadPlan] = []
    var nextThreadCPU = workerCPUs
    for entry in try root.objects("workloads", count: 0...countMax) {
      let kind = try entry.value("kind", kinds)
      var plan = WorkloadPlan(kind, cpus: Array(0..<workerCPUs))
      if kind.isKernelThread {
        plan.cpus = [nextThreadCPU]
        nextThreadCPU += 1
      }
      try section(plan, workerCPUs: workerCPUs).read(entry, into: &plan)
      try entry.finish()
      plans.append(plan)
    }
    return plans
  }

  private static let kinds = ConfigurationForm.named(WorkloadKind.all) { $0.name }
    .told(type: "text", range: "a name of list workloads")

  /// The options of an entry.
  ///
  /// - Parameter plan: the entry as it is if nothing is said.
  static func section(
    _ plan: WorkloadPlan, workerCPUs: Int
  ) -> ConfigurationSection<WorkloadPlan> {
    ConfigurationSection(
      "workloads[i]", plan,
      common(workerCPUs: workerCPUs)
        + plan.kind.parameters.map { parameter in
          .option(
            parameter.name, .int(in: parameter.range), parameter.meaning,
            get: { $0.values[parameter.name] }, set: { $0.values[parameter.name] = $1 })
        })
  }

  /// The options that workloads of all kinds have.
  private static func common(workerCPUs: Int) -> [ConfigurationOption<WorkloadPlan>] {
    [
      .required("kind", \.kind, kinds, "which workload"),
      .option(
        "cpus", \.cpus, .someCPUs(below: workerCPUs), default: "all CPUs",
        "CPUs that run it, each once; not for kernel threads"
      ).only { !$0.kind.isKernelThread },
      .option(
        "weight", \.weight, .int(in: 1...1_000_000),
        "how often a CPU draws it among its workloads"),
    ]
  }

  /// The entries that a config prints as.
  static func node(_ plans: [WorkloadPlan]) -> JSON5Node {
    JSON5Node(.array(plans.map { section($0, workerCPUs: 1).node($0) }))
  }

  /// The options in a table: the section itself, what all kinds have, and each kind's own.
  static var declared: [DeclaredOption] {
    let plain = common(workerCPUs: 1)
    let own = WorkloadKind.all.flatMap { kind in
      let plan = WorkloadPlan(kind, cpus: [0])
      return section(plan, workerCPUs: 1).declared.dropFirst(plain.count).map { $0.of(kind.name) }
    }
    let first = WorkloadPlan(WorkloadKind.all[0], cpus: [0])
    let entries = DeclaredOption(
      path: "workloads", type: "objects", range: "at most \(countMax)", standard: "none",
      meaning: "who uses the allocator",
      ends: [1, countMax].map { node([WorkloadPlan](repeating: first, count: $0)).value })
    return [entries] + plain.map { $0.declared(in: "workloads[i]", first) } + own
  }
}

extension ConfigurationForm where Value == [Int] {
  /// CPUs that run workers, at least one.
  fileprivate static func someCPUs(below count: Int) -> Self {
    let form = list(of: .int(in: 0...(count - 1)))
    return form.refusing { cpus in
      if Set(cpus).count == cpus.count && !cpus.isEmpty { return nil }
      return ConfigurationComplaint(
        "CPUs are named once each, and at least one", hint: "such as [0, 1, 2]")
    }.told(range: "0 ... machine.cpus - 1")
  }
}
