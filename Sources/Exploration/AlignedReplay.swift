// The strategy that repeats a schedule although its program has changed a little since: a deviation
// is made before the operation before which it was recorded, however many points come before it.
//
// Each CPU's operations are compared, in words, with those that the recording has of it, as they
// come.  One that the recording lacks is new.  One that it has near by, before or behind, says that
// others were taken out, or came in; one that it has far ahead says so once the next fits, too.

import Machine

/// Follows the default schedule but for deviations that are placed by what was recorded.
public final class AlignedReplay: ScheduleStrategy {
  /// Recorded operations in a row that may be missing; those that are near by.
  private static let missingMax = 32
  private static let nearMax = 4

  /// One CPU's part of the recording, and how far the schedule is in it.
  private struct Lane {
    /// Its steps, as numbers of words.
    var steps: [Int] = []
    /// Deviations made while it was current, by point.
    var deviations: [Deviation] = []
    /// The step that comes next, and the deviation.
    var position = 0
    var next = 0
    /// Where it would be if what came last was no new operation.
    var ahead: Int?
  }

  private let machine: Machine
  private let endsFairly: Bool
  /// By CPU + 1; no CPU is current at the first decision.
  private let recorded: [Lane]
  private var lanes: [Lane]
  private var wordOfText: [String: Int] = [:]
  private var wordOfOperation: [CPUOperation: Int] = [:]

  /// - Parameters:
  ///   - fingerprints: of the schedule as it was recorded, in words.
  ///   - machine: that the schedules run on.
  public init(_ script: ReplayScript, _ fingerprints: StepFingerprints, on machine: Machine) {
    self.machine = machine
    endsFairly = script.endsFairly
    var lanes = [Lane](repeating: Lane(), count: Machine.cpuCountMax + 1)
    for step in fingerprints.steps where lanes.indices.contains(step.cpu + 1) {
      lanes[step.cpu + 1].steps.append(step.word)
    }
    for deviation in script.deviations where lanes.indices.contains(deviation.cpu + 1) {
      lanes[deviation.cpu + 1].deviations.append(deviation)
    }
    for index in lanes.indices { lanes[index].deviations.sort { $0.point < $1.point } }
    recorded = lanes
    self.lanes = lanes
    for (number, text) in fingerprints.words.enumerated() { wordOfText[text] = number }
  }

  public override var decidesToTheEnd: Bool { !endsFairly }

  public override func begin(seed: UInt64, _ view: ScheduleView) { lanes = recorded }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let choice = deviation(view) ?? view.defaultChoice
    advance(Int(choice.cpu) + 1, word(of: choice, view))
    return choice
  }

  /// The deviation whose place this is; nil if there is none, or its target cannot go on.
  private func deviation(_ view: ScheduleView) -> ScheduleChoice? {
    let index = view.current + 1
    let lane = lanes[index]
    guard lane.next < lane.deviations.count else { return nil }
    let next = lane.deviations[lane.next]
    let place = place(view, lane)
    // A new operation comes before what stood here.
    if next.point > (place ?? lane.position - 1) { return nil }
    lanes[index].next += 1
    return view.allows(next.choice) ? next.choice : nil
  }

  /// The place in the recording of what the current CPU does next; nil if that is new.
  private func place(_ view: ScheduleView, _ lane: Lane) -> Int? {
    guard view.current >= 0, view.unfinished.contains(view.current),
      lane.position < lane.steps.count
    else { return lane.position }
    let near = Self.near(lane, word(of: ScheduleChoice(cpu: view.current), view))
    return near.flatMap { $0 < lane.position ? nil : $0 }
  }

  /// Takes note of what a CPU does now.
  private func advance(_ index: Int, _ word: Int) {
    let lane = lanes[index]
    lanes[index].ahead = nil
    // Of what is not kept in words, each counts for one.
    if lane.position >= lane.steps.count {
      lanes[index].position += 1
    } else if let near = Self.near(lane, word) {
      lanes[index].position = near + 1
    } else if let ahead = lane.ahead, ahead < lane.steps.count, lane.steps[ahead] == word {
      lanes[index].position = ahead + 1
    } else {
      let end = min(lane.position + Self.missingMax, lane.steps.count)
      let far = lane.steps[lane.position..<end].firstIndex(of: word)
      lanes[index].ahead = far.map { $0 + 1 }
    }
  }

  /// Where the recording has a word at this place or near by, rather ahead than behind.
  private static func near(_ lane: Lane, _ word: Int) -> Int? {
    for distance in 0...nearMax {
      for place in [lane.position + distance, lane.position - distance]
      where lane.steps.indices.contains(place) && lane.steps[place] == word { return place }
    }
    return nil
  }

  /// The recording's number of what happens at a choice; -1 if it has none.
  private func word(of choice: ScheduleChoice, _ view: ScheduleView) -> Int {
    if let source = choice.source { return wordOfText[StepFingerprints.text(source)] ?? -1 }
    let operation = view.announced(Int(choice.cpu))
    if let word = wordOfOperation[operation] { return word }
    let word = wordOfText[StepFingerprints.text(operation, machine)] ?? -1
    wordOfOperation[operation] = word
    return word
  }
}
