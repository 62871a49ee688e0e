// The section `policies` of a config: semantics that can be compared, each a named alternative.

import JSON5
import PageAllocator

/// The policies of a run.
struct PolicyConfiguration {
  let perCPUProtection: PerCPUProtection
  let bulkSource: BulkSource

  /// Reads the section.
  ///
  /// - Parameter cpus: of the machine, those of kernel threads included.
  init(_ root: ConfigurationObject, cpus: Int) throws(ConfigurationError) {
    guard let policies = try root.object("policies") else {
      perCPUProtection = .trylock
      bulkSource = .lists
      return
    }
    let names = PerCPUProtection.allCases.map(\.name)
    let name = try policies.oneOf(
      "pcpProtection", names, default: PerCPUProtection.trylock.name)
    perCPUProtection = PerCPUProtection.allCases.first { $0.name == name } ?? .trylock
    if perCPUProtection == .uniprocessor && cpus != 1 {
      throw policies.error(
        "pcpProtection", "\(cpus) CPUs would share lists that no lock protects",
        hint: "machine.cpus: 1 and no kernel thread, which has a CPU of its own")
    }
    let source = try policies.oneOf(
      "bulkSource", BulkSource.allCases.map(\.name), default: BulkSource.lists.name)
    bulkSource = BulkSource.allCases.first { $0.name == source } ?? .lists
    try policies.finish()
  }
}
