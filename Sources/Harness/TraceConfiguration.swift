// The section `trace` of a config: a kernel's recording, read and resolved before the run.

import JSON5
import Outcomes
import Recordings
import Workloads

enum TraceConfiguration {
  static func read(
    _ root: ConfigurationObject, _ machine: MachineConfiguration, _ files: NamedFileReader
  ) throws(ConfigurationError) -> TracePlan? {
    guard let trace = try root.object("trace") else { return nil }
    let file = try trace.string("file")
    let decays = try trace.bool("decay", default: true)
    let phase = try trace.duration("decayPhase", in: 0...1_000_000_000, default: 100_000_000)
    guard let recorded = machine.recorded else {
      throw trace.error(
        "file", "a recording needs the machine that it was made on",
        hint: "set machine.zoneinfo to a copy of its /proc/zoneinfo from before the recording")
    }
    let text = try NamedFile.read(file, for: "file", in: trace, files)
    try trace.finish()
    let recording = FtraceReader.read(text)
    let zones = recorded.zones.enumerated().map { index, zone in
      TraceZone(
        index: index, startPFN: UInt64(clamping: zone.startPFN),
        endPFN: UInt64(clamping: zone.endPFN))
    }
    let resolved = TraceResolver.resolve(recording, zones: zones)
    if resolved.operations.allSatisfy(\.isEmpty) {
      throw trace.error(
        "file", "\"\(file)\" has no event of the page allocator",
        hint: "ftrace's text with the kmem events mm_page_alloc, mm_page_free and their like")
    }
    if resolved.operations.count > recorded.cpuCount {
      throw trace.error(
        "file",
        "events of CPU \(resolved.operations.count - 1), but the machine has \(recorded.cpuCount)",
        hint: "the zoneinfo of the machine that was recorded")
    }
    let comparison = recorded.comparison(machine.tunables).map {
      MachineComparisonRow(zone: $0.zone, name: $0.name, kernel: $0.kernel, model: $0.model)
    }
    return TracePlan(
      file: file, resolved: resolved, remarks: remarks(recording, resolved),
      decayPhaseMicroseconds: decays ? Int(phase / 1000) : nil, machineComparison: comparison)
  }

  /// What was wrong with the input, a line each.
  private static func remarks(_ recording: TraceRecording, _ resolved: ResolvedTrace) -> [String] {
    var remarks: [String] = []
    let counts = resolved.counts
    func note(_ count: Int, _ text: String, lines: [UInt32] = []) {
      if count == 0 { return }
      let places = lines.map(String.init).joined(separator: ", ")
      remarks.append("\(count) \(text)" + (lines.isEmpty ? "" : ": lines \(places)"))
    }
    if recording.damagedLineCount > 0 {
      let lines = recording.damagedLines.map { "\($0.line) (\($0.reason.rawValue))" }
      remarks.append(
        "\(recording.damagedLineCount) damaged lines were passed over: lines "
          + lines.joined(separator: ", "))
    }
    if recording.lossCount > 0 {
      let lines = recording.losses.map { loss in
        loss.eventCount.map { "\(loss.line) (\($0) events)" } ?? "\(loss.line)"
      }
      remarks.append(
        "the recorder lost events \(recording.lossCount) times: lines "
          + lines.joined(separator: ", "))
    }
    note(recording.otherEventCount, "events of other kinds were passed over")
    note(counts.impliedBulkCalls, "bulk allocations were implied by frees of free pages")
    note(counts.impliedBulkPages, "pages came from implied bulk allocations")
    note(
      counts.failedAllocations, "allocations failed in the recorded kernel (pfn=0)",
      lines: counts.failedAllocationLines)
    note(counts.partialFrees, "frees were of a part of a block", lines: counts.partialFreeLines)
    note(counts.preexistingFrees, "frees were of memory from before the recording")
    note(counts.unmatchedBatched, "batched frees had no free beside them")
    note(counts.allocatedWhileLive, "allocations were of frames whose free was not recorded")
    note(counts.oversizedFrees, "frees were larger than their allocation")
    note(counts.overlappingFrees, "frees overlapped an earlier free and were passed over")
    note(counts.outsideZones, "events were of frames outside all zones")
    note(counts.misaligned, "events named frames that are no multiple of their block")
    remarks.append(
      "the model is of Linux 7.3: it gives pages back a batch for each hold of a lock, where 6.18"
        + " held it for up to 32 batches; and it counts the page of a whole-block fallback as taken"
    )
    return remarks
  }
}
