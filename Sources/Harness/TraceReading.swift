// The recording that the section `trace` of a config names, read and resolved before the run.

import JSON5
import Outcomes
import PageAllocator
import Recordings
import Workloads

extension TracePlan {
  /// The recording of a config; nil if it has none.
  ///
  /// - Parameter built: the machine that was recorded, if it is known.
  static func read(
    _ root: ConfigurationObject, _ built: BuiltMachine, _ plan: RunPlan, _ files: NamedFileReader
  ) throws(ConfigurationError) -> TracePlan? {
    guard let trace = try root.object(TraceOptions.section.path) else { return nil }
    var options = TraceOptions.section.standard
    try TraceOptions.section.read(trace, into: &options)
    guard let machine = built.recorded else {
      throw trace.error(
        "file", "a recording needs the machine that it was made on",
        hint: "set machine.zoneinfo to a copy of its /proc/zoneinfo from before the recording")
    }
    let text = try NamedFile.read(options.file, for: "file", in: trace, files)
    try trace.finish()
    if let format = RecordingFormat.unreadable(text) {
      throw trace.error(
        "file", "\"\(options.file)\" is \(format.what)",
        hint: format.advice(file: options.file == "-" ? "FILE" : options.file))
    }
    let recording = FtraceReader.read(text)
    let resolved = try resolve(recording, options, machine, trace)
    var read = TracePlan(
      options: options, resolved: resolved, remarks: recording.remarks(resolved) + [modelRemark],
      machineComparison: [])
    var placed = built
    placed.takeNodes(from: read, plan.machine)
    let comparison = placed.recorded?.comparison(plan.allocator.tunables) ?? []
    read.machineComparison = comparison.map {
      MachineComparisonRow(zone: $0.zone, name: $0.name, kernel: $0.kernel, model: $0.model)
    }
    return read
  }

  /// What differs from the recorded kernel in any case.
  private static let modelRemark =
    "the model is of Linux 7.3: it gives pages back a batch for each hold of a lock, where 6.18"
    + " held it for up to 32 batches; and it counts the page of a whole-block fallback as taken"

  private static func resolve(
    _ recording: TraceRecording, _ options: TraceOptions, _ machine: RecordedMachine,
    _ trace: ConfigurationObject
  ) throws(ConfigurationError) -> ResolvedTrace {
    let zones = machine.zones.enumerated().map { index, zone in
      TraceZone(
        index: index, startPFN: UInt64(clamping: zone.startPFN),
        endPFN: UInt64(clamping: zone.endPFN))
    }
    let resolved = TraceResolver.resolve(recording, zones: zones)
    if resolved.operations.allSatisfy(\.isEmpty) {
      throw trace.error(
        "file", "\"\(options.file)\" has no event of the page allocator",
        hint: "ftrace's text with the kmem events mm_page_alloc, mm_page_free and their like")
    }
    if resolved.operations.count > machine.cpuCount {
      throw trace.error(
        "file",
        "events of CPU \(resolved.operations.count - 1), but the machine has \(machine.cpuCount)",
        hint: "the zoneinfo of the machine that was recorded")
    }
    return resolved
  }
}
