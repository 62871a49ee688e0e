// What an exploration and a replay say, around the explanation of a failing schedule.

import Exploration
import Machine
import Outcomes

/// Renders explorations and replays.
public enum ExploreReport {
  /// The report, ending with a line feed; empty for a run.
  ///
  /// - Parameter isBrief: true for no explanation of a replay or of a continuation.
  public static func render(_ outcome: Outcome, isBrief: Bool = false) -> String {
    switch outcome.body {
    case .run: ""
    case .exploration(let body): exploration(outcome, body, isBrief: isBrief)
    case .replay(let body): replay(outcome, body, isBrief: isBrief)
    }
  }

  private static func exploration(
    _ outcome: Outcome, _ body: ExplorationBody, isBrief: Bool
  ) -> String {
    var text = body.continued.map { continued($0, body) } ?? head(outcome, body)
    if let found = body.found {
      let isShown = body.continued == nil || !isBrief
      if isShown { text += "\n" + Explain.render(Explanation(found)) + "\n" }
      text += verdict(found)
    } else if let order = body.lockOrder {
      text += "\n" + lockOrder(order)
    } else {
      text += verdict(outcome, body)
    }
    if body.missed.isEmpty { return text }
    let wanted = body.missed.joined(separator: ", ")
    return text + sentence("not met: \(wanted), which the run found")
  }

  /// The sentence on lines of its own.
  private static func sentence(_ text: String) -> String {
    TextLayout.wrapped(text, rest: "  ").map { $0 + "\n" }.joined()
  }

  /// What was searched, in two lines.
  private static func head(_ outcome: Outcome, _ body: ExplorationBody) -> String {
    let header = outcome.header
    return sentence(
      "\(header.name), seed \(header.seed): "
        + "\(NumberText.counted(body.campaign.schedules, "schedule")) in "
        + "\(NumberText.seconds(header.elapsedNanoseconds)) s on "
        + "\(NumberText.counted(body.threads, "thread")), "
        + "\(rates(outcome)); \(coverage(body.campaign))")
  }

  /// The line on the terminal, of an exploration that goes on.
  public static func progress(_ outcome: Outcome) -> String {
    guard let body = outcome.exploration else { return "" }
    return "\(outcome.header.elapsedNanoseconds / 1_000_000_000) s, \(rates(outcome)), "
      + coverage(body.campaign) + ", \(NumberText.counted(body.campaign.seen.count, "finding"))"
  }

  private static func rates(_ outcome: Outcome) -> String {
    let texts = [Metric.schedulesPerSecond, Metric.pointsPerSecond].map { metric in
      NumberText.rate(metric.value(outcome) ?? .nan).compact
    }
    return "\(texts[0]) schedules/s, \(texts[1]) points/s"
  }

  private static func coverage(_ campaign: CampaignFigures) -> String {
    var text = "\(NumberText.compact(campaign.interleavings)) interleavings"
    if let unseen = campaign.unseenMass {
      text += ", unseen mass \(Int((unseen * 100).rounded())) %"
    }
    if campaign.cut > 0 { text += ", \(NumberText.compact(campaign.cut)) cut" }
    return text
  }

  /// The last lines without a finding.
  private static func verdict(_ outcome: Outcome, _ body: ExplorationBody) -> String {
    var text = "CLEAN: no schedule broke a rule"
    if outcome.header.verdict == .vacuous {
      text =
        body.campaign.points == 0
        ? "VACUOUS: no operation was done"
        : "VACUOUS: no schedule broke a rule, and none took "
          + body.neverTaken.joined(separator: ", ")
    }
    guard let systematic = body.systematic else { return sentence(text) }
    return levels(systematic) + sentence(text + "; " + systematic.verdict)
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
  private static func verdict(_ found: ShownFinding) -> String {
    sentence(
      "FINDING: \(found.finding.signature), in schedule \(found.schedule) by "
        + "\(found.strategy); replayed twice")
  }

  /// What continuations of a schedule were, in a few lines.
  private static func continued(
    _ continued: ContinuedSchedule, _ body: ExplorationBody
  ) -> String {
    let campaign = body.campaign
    var text =
      "\(continued.seedFile): \(NumberText.counted(campaign.schedules, "schedule")) that went on "
      + "freely after \(NumberText.counted(continued.steps, "step")), \(coverage(campaign))"
    if let expected = continued.expected {
      let own = campaign.seen.first { $0.signature == expected }
      text += "; \(expected) in \(NumberText.compact(own?.schedules ?? 0)) of them"
    }
    return sentence(text)
  }

  /// What several schedules break together, then a schedule for each of its sentences.
  private static func lockOrder(_ order: LockOrderOutcome) -> String {
    var text = sentence("\(order.finding.rule) in \(order.finding.site)")
    for (index, sentence) in order.sentences.enumerated() {
      text += TextLayout.wrapped("\(index + 1). \(sentence)", first: "  ", rest: "     ")
        .map { $0 + "\n" }.joined()
    }
    for (index, edge) in order.edges.enumerated() {
      text += "\n\(index + 1). \(order.facts[index])\n\n" + Explain.render(Explanation(edge))
    }
    let all = order.schedules.map(String.init).joined(separator: ", ")
    return text + "\n"
      + sentence(
        "FINDING: \(order.finding.signature), of schedules \(all) together; each replayed twice")
  }

  private static func replay(_ outcome: Outcome, _ body: ReplayBody, isBrief: Bool) -> String {
    let line = sentence("\(body.seedFile): \(verdict(outcome, body))")
    let finding = outcome.findings.first { $0.signature == body.expected }
    guard !isBrief, let shown = finding ?? outcome.findings.first else { return line }
    return line + "\n"
      + Explain.render(
        Explanation(finding: shown, trace: body.interleaving, switches: body.switches))
  }

  /// What became of a seed file.
  private static func verdict(_ outcome: Outcome, _ body: ReplayBody) -> String {
    let expected = body.expected.map { "finding again: \($0)" } ?? "clean again"
    let met = outcome.findings.first?.signature ?? "clean"
    let divergence = body.divergence.map { "diverged \(text($0))" } ?? ""
    switch outcome.header.verdict {
    case .same: return expected
    case .shownOtherwise: return "\(expected), but \(divergence)"
    case .diverged: return "\(met): \(divergence)"
    default: return "\(met), where \(body.expected ?? "nothing") was expected"
    }
  }

  private static func text(_ divergence: Divergence) -> String {
    "at step \(divergence.step): recorded \(divergence.recorded); "
      + "replayed \(divergence.replayed)"
  }
}
