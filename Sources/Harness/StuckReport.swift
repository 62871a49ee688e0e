// What a stuck run says: who waits for whom since when, and what those do who wait for no lock.

import Machine
import MachineChecks

/// The lines of a run that was ended because a CPU made no progress.
struct StuckReport {
  private let plan: RunPlan
  private let tally: WorkloadTally
  private let native: NativeOutcome

  init(_ plan: RunPlan, _ tally: WorkloadTally, _ native: NativeOutcome) {
    self.plan = plan
    self.tally = tally
    self.native = native
  }

  /// First the waits, the cycle alone if there is one; then a line for each CPU that is stuck
  /// outside of locks or has a lock that others wait for.
  var lines: [String] {
    let graph = WaitForGraph(native.waits)
    let given = native.abandoned == 1 ? "1 CPU" : "\(native.abandoned) CPUs"
    let lost = native.abandoned == 0 ? [] : ["\(given) did not leave the code when told to"]
    return graph.sentences + native.places.map(line) + lost
  }

  private func line(_ place: CPUPlace) -> String {
    let holds = native.waits.contains { $0.holder == place.cpu }
    if place.hasEnded { return "CPU \(place.cpu) has ended and did not release it" }
    var text: String
    // A holder may have come to rest a little later than the first CPU that was found stuck.
    if native.stuck.contains(place.cpu)
      || place.silentNanoseconds >= plan.stop.stuckNanoseconds / 2
    {
      text = "CPU \(place.cpu) has made no progress for \(durationText(place.silentNanoseconds))"
      text += holds ? "" : " and waits for no lock"
    } else {
      text = "CPU \(place.cpu) goes on without releasing it"
    }
    text += "; it was \(activity(place.cpu))"
    if place.sites.isEmpty { return text + " and came to no point" }
    return text + " and came through \(place.sites.joined(separator: ", ")) (\(place.context))"
  }

  /// What a CPU was about, as far as its workers said.
  private func activity(_ cpu: Int) -> String {
    if plan.trace != nil { return "replaying the recording" }
    guard let current = tally.current(cpu: cpu), current.workload < plan.workloads.count else {
      return "outside any operation"
    }
    let name = plan.workloads[current.workload].kind.name
    return "in operation \(current.operation) of its own, one of \(name),"
  }
}
