// Where a replay first did something else than what was recorded.

/// The first step that differs, both sides in words.
public struct Divergence: Error, Equatable, Sendable, Codable {
  /// Its number, from 0; of the first step that may differ if the recording kept no words of it.
  public var step: Int
  /// The same as traces and judges count, from 1.
  public var number: Int { step + 1 }
  /// What was recorded: a step, or that the recording ends there.
  public var recorded: String
  /// What the replay did.
  public var replayed: String

  /// The first difference; nil if there is none.
  public init?(recorded: StepFingerprints, replayed: StepFingerprints) {
    if recorded.chain == replayed.chain && recorded.stepCount == replayed.stepCount { return nil }
    let chunk = zip(recorded.chain, replayed.chain).prefix { $0 == $1 }.count
    step = chunk * StepFingerprints.chunkSteps
    // A shorter side's last link stands for fewer steps, all of which may be the same.
    let last = min(recorded.stepCount, replayed.stepCount)
    while step < last, let text = recorded.text(step), text == replayed.text(step) { step += 1 }
    self.recorded = Self.text(recorded, step)
    self.replayed = Self.text(replayed, step)
  }

  private static func text(_ side: StepFingerprints, _ step: Int) -> String {
    if step >= side.stepCount { return "the schedule is over" }
    return side.text(step) ?? "one of the next \(StepFingerprints.chunkSteps) steps"
  }
}
