// What an exploration and a replay say, around the explanation of a failing schedule.

import Exploration
import Harness
import Machine

/// Renders explorations.
public enum ExploreReport {
  /// What was searched, in two lines.
  public static func head(
    _ campaign: CampaignOutcome, name: String, seed: UInt64, nanoseconds: UInt64, threads: Int
  ) -> String {
    let seconds = max(Double(nanoseconds) / 1e9, 1e-9)
    let schedules = NumberText.rate(Double(campaign.schedules) / seconds).compact
    let points = NumberText.rate(Double(campaign.points) / seconds).compact
    let sentence =
      "\(name), seed \(seed): \(NumberText.counted(campaign.schedules, "schedule")) in "
      + "\(NumberText.seconds(nanoseconds)) s on \(NumberText.counted(threads, "thread")), "
      + "\(schedules) schedules/s, \(points) points/s; \(coverage(campaign))"
    return TextLayout.wrapped(sentence, rest: "  ").joined(separator: "\n") + "\n"
  }

  /// The line on the terminal.
  public static func progress(_ campaign: CampaignOutcome, nanoseconds: UInt64) -> String {
    let seconds = max(Double(nanoseconds) / 1e9, 1e-9)
    let schedules = NumberText.rate(Double(campaign.schedules) / seconds).compact
    let points = NumberText.rate(Double(campaign.points) / seconds).compact
    return "\(nanoseconds / 1_000_000_000) s, \(schedules) schedules/s, \(points) points/s, "
      + coverage(campaign) + ", \(NumberText.counted(campaign.findings.count, "finding"))"
  }

  private static func coverage(_ campaign: CampaignOutcome) -> String {
    var text = "\(NumberText.compact(campaign.interleavings.distinct)) interleavings"
    if campaign.isDrawn {
      text += ", unseen mass \(Int((campaign.interleavings.unseenMass * 100).rounded())) %"
    }
    if campaign.cut > 0 { text += ", \(NumberText.compact(campaign.cut)) cut" }
    return text
  }

  /// The last lines without a finding.
  ///
  /// - Parameter isExcused: true if the user ended it early.
  public static func verdict(_ outcome: ExploreOutcome, isExcused: Bool) -> String {
    var text = outcome.systematic.map(levels) ?? ""
    var sentence = "CLEAN: no schedule broke a rule"
    if outcome.campaign.points == 0 {
      sentence = "VACUOUS: no operation was done"
    } else if outcome.isVacuous && !isExcused {
      sentence =
        "VACUOUS: no schedule broke a rule, and none took "
        + outcome.neverTaken.joined(separator: ", ")
    }
    if let systematic = outcome.systematic { sentence += "; " + systematic.verdict }
    text += TextLayout.wrapped(sentence, rest: "  ").joined(separator: "\n") + "\n"
    return text
  }

  /// A line for each bound of a systematic search.
  private static func levels(_ systematic: SystematicOutcome) -> String {
    systematic.levels.map { level in
      var text = "bound \(level.bound): \(NumberText.counted(level.schedules, "schedule"))"
      if level.cut > 0 { text += ", \(level.cut) cut" }
      return text + (level.isComplete ? ", complete\n" : ", not complete\n")
    }.joined()
  }

  /// The last lines after a finding.
  public static func verdict(_ found: FoundSchedule, _ campaign: CampaignOutcome) -> String {
    let sentence =
      "FINDING: \(found.finding.signature), in schedule \(found.seed.index) by "
      + "\(found.seed.strategy); replayed twice"
    return TextLayout.wrapped(sentence, rest: "  ").joined(separator: "\n") + "\n"
  }

  /// That none of a run's findings was met.
  public static func missed(_ goal: SearchGoal) -> String {
    let wanted = goal.findings.map(\.signature).joined(separator: ", ")
    return TextLayout.wrapped("not met: \(wanted), which the run found", rest: "  ")
      .joined(separator: "\n") + "\n"
  }

  /// What continuations of a schedule came to, in a few lines.
  public static func continued(
    _ path: String, _ continuation: SeedContinuation, expected: String?
  ) -> String {
    let campaign = continuation.campaign
    var sentence =
      "\(path): \(NumberText.counted(campaign.schedules, "schedule")) that went on freely after "
      + "\(NumberText.counted(continuation.steps, "step")), \(coverage(campaign))"
    let own = campaign.findings.first { $0.finding.signature == expected }
    if let expected { sentence += "; \(expected) in \(NumberText.compact(own?.hits ?? 0)) of them" }
    return TextLayout.wrapped(sentence, rest: "  ").joined(separator: "\n") + "\n"
  }

  /// What several schedules break together, then a schedule for each of its sentences.
  ///
  /// - Parameter commands: what to do next with the schedule of a sentence, by its number from 0.
  public static func lockOrder(
    _ order: LockOrderFinding, commands: (Int) -> [Explanation.Command]
  ) -> String {
    var lines = TextLayout.wrapped("\(order.finding.rule) in \(order.finding.site)", rest: "  ")
    for (index, sentence) in order.violation.sentences.enumerated() {
      lines += TextLayout.wrapped("\(index + 1). \(sentence)", first: "  ", rest: "     ")
    }
    var text = lines.map { $0 + "\n" }.joined()
    for (index, edge) in order.edges.enumerated() {
      text += "\n\(index + 1). \(order.violation.facts[index])\n\n"
      text += Explain.render(explanation(edge, commands: commands(index)))
    }
    let all = order.violation.schedules.map(String.init).joined(separator: ", ")
    let sentence =
      "FINDING: \(order.finding.signature), of schedules \(all) together; each replayed twice"
    return text + "\n" + TextLayout.wrapped(sentence, rest: "  ").joined(separator: "\n") + "\n"
  }

  /// What is explained of a finding.
  public static func explanation(
    _ found: FoundSchedule, commands: [Explanation.Command]
  ) -> Explanation {
    var note = ""
    if found.replays > 0 {
      note = found.isMinimal ? "minimal" : "shrunk as far as the budget went"
      note += " after \(NumberText.counted(found.replays, "replay"))"
    }
    return Explanation(
      finding: found.finding, trace: found.trace, switches: found.switches, note: note,
      others: found.others, commands: commands)
  }

  /// Commands to be copied, a line or more each.
  public static func commands(_ commands: [Explanation.Command]) -> String {
    commands.flatMap { TextReport.repeatLines($0.line, label: "\($0.label): ") }
      .map { $0 + "\n" }.joined()
  }

  /// What became of a seed file, a line or more.
  public static func line(_ path: String, _ seed: SeedFile, _ replay: SeedReplay) -> String {
    let expected = seed.expectation.signature.map { "finding again: \($0)" } ?? "clean again"
    let met = replay.findings.isEmpty ? "clean" : replay.findings[0].signature
    let sentence =
      switch replay.verdict {
      case .same: expected
      case .notShown:
        "\(met), where \(seed.expectation.signature ?? "nothing") was expected"
      case .shownOtherwise(let divergence): "\(expected), but diverged \(text(divergence))"
      case .diverged(let divergence): "\(met): diverged \(text(divergence))"
      }
    return TextLayout.wrapped("\(path): \(sentence)", rest: "  ").joined(separator: "\n") + "\n"
  }

  private static func text(_ divergence: Divergence) -> String {
    "at step \(divergence.step): recorded \(divergence.recorded); "
      + "replayed \(divergence.replayed)"
  }
}

extension SeedReplay {
  /// The finding that the file expects, else the first that was found; nil for none.
  public func finding(of seed: SeedFile) -> Finding? {
    findings.first { $0.signature == seed.expectation.signature } ?? findings.first
  }
}
