// What a user is told of a recording that was read and resolved.

extension TraceRecording {
  /// What was wrong with the input, a line each.
  public func remarks(_ resolved: ResolvedTrace) -> [String] {
    var remarks: [String] = []
    let counts = resolved.counts
    func note(_ count: Int, _ text: String, lines: [UInt32] = []) {
      if count == 0 { return }
      let places = lines.map(String.init).joined(separator: ", ")
      remarks.append("\(count) \(text)" + (lines.isEmpty ? "" : ": lines \(places)"))
    }
    if damagedLineCount > 0 {
      let lines = damagedLines.map { "\($0.line) (\($0.reason.rawValue))" }
      remarks.append(
        "\(damagedLineCount) damaged lines were passed over: lines "
          + lines.joined(separator: ", "))
    }
    if lossCount > 0 {
      let lines = losses.map { loss in
        loss.eventCount.map { "\(loss.line) (\($0) events)" } ?? "\(loss.line)"
      }
      remarks.append(
        "the recorder lost events \(lossCount) times: lines "
          + lines.joined(separator: ", "))
    }
    note(unknownGFPCount, "requests had flags that are unknown or of another kernel's numbering")
    note(tickCount, "events had whole numbers as times, each taken as a nanosecond")
    note(untimedCount, "events had no time, and got that of the event before")
    note(otherEventCount, "events of other kinds were passed over")
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
    return remarks
  }
}
