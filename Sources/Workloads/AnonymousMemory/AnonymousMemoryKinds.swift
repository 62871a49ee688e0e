// The workloads of processes.

let anonymousMemoryKinds: [WorkloadKind] = [
  WorkloadKind(
    name: "anonymousFaults", family: "anonymous", kernelCaller: "do_anonymous_page",
    summary: "Faults folios of 4 KiB to 2 MiB in, forks, unmaps in batches of 31, and exits.",
    parameters: [
      WorkloadParameter(
        "pages", 1...4_194_304, standard: 4096, inSchedules: .atMost(32), "pages held at most"),
      WorkloadParameter("hugePercent", 0...100, standard: 4, "faults that ask for 2 MiB, percent"),
      WorkloadParameter(
        "folioPercent", 0...100, standard: 20, "faults that ask for 16 to 64 KiB, percent"),
      WorkloadParameter(
        "unmapPerMille", 0...1000, standard: 40, inSchedules: .atLeast(120),
        "operations that unmap a run, per mille"),
      WorkloadParameter(
        "exitPerMille", 0...1000, standard: 1, inSchedules: .atLeast(120),
        "operations that give everything back, per mille"),
      WorkloadParameter(
        "sharePerMille", 0...1000, standard: 40, inSchedules: .atLeast(120),
        "operations that pass a second reference to another CPU, per mille"),
      WorkloadParameter(
        "migratePerMille", 0...1000, standard: 40, inSchedules: .atLeast(120),
        "operations that pass a folio to another CPU, per mille"),
      WorkloadParameter(
        "driverPerMille", 0...1000, standard: 30, inSchedules: .atLeast(120),
        "operations that take a block that is not compound, per mille"),
    ],
    make: { AnonymousFaults($0, $1, cpuID: $2, index: $3) },
    privateByteCount: AnonymousFaults.privateByteCount)
]
