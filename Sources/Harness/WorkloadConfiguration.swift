// The section `workloads` of a config.

import JSON5
import Workloads

enum WorkloadConfiguration {
  /// Workloads of a run at most: each has a histogram in each context.
  static let countMax = 16

  /// The workloads, each with its CPUs; kernel threads get CPUs of their own, from `workerCPUs` up.
  static func read(
    _ root: ConfigurationObject, workerCPUs: Int
  ) throws(ConfigurationError) -> [WorkloadPlan] {
    var plans: [WorkloadPlan] = []
    var nextThreadCPU = workerCPUs
    for entry in try root.objects("workloads", count: 0...countMax) {
      let name = try entry.oneOf("kind", WorkloadKind.all.map(\.name))
      guard let kind = WorkloadKind.named(name) else {
        throw entry.error("kind", "no workload is called \"\(name)\"", hint: "")
      }
      var cpus: [Int]
      if kind.isKernelThread {
        cpus = [nextThreadCPU]
        nextThreadCPU += 1
      } else {
        cpus = try entry.ints(
          "cpus", in: 0...(workerCPUs - 1), default: Array(0..<workerCPUs))
        if Set(cpus).count != cpus.count || cpus.isEmpty {
          throw entry.error(
            "cpus", "CPUs are named once each, and at least one", hint: "such as [0, 1, 2]")
        }
      }
      let weight = try entry.int("weight", in: 1...1_000_000, default: 1)
      var values: [(name: String, value: Int)] = []
      for parameter in kind.parameters {
        let value = try entry.int(parameter.name, in: parameter.range, default: parameter.standard)
        values.append((parameter.name, value))
      }
      try entry.finish()
      plans.append(
        WorkloadPlan(kind: kind, cpus: cpus, weight: weight, values: WorkloadValues(values)))
    }
    return plans
  }
}
