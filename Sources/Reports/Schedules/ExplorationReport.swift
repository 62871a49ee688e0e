// The report of an exploration: what was searched, what was found, and the verdict.

import Exploration
import Machine
import Outcomes

/// Makes reports of explorations.
public enum ExplorationReport {
  static func document(
    _ outcome: Outcome, _ body: ExplorationBody, isBrief: Bool
  ) -> ReportDocument {
    let head: ReportBlock = .sentence(
      body.continued.map { continued($0, body.campaign) } ?? searched(outcome, body))
    let end = verdict(outcome, body) + missed(body)
    var shown: [ReportSection?] = []
    if let found = body.found, body.continued == nil || !isBrief {
      shown = ScheduleReport.sections(Explanation(found))
    } else if let order = body.lockOrder {
      shown = lockOrder(order)
    }
    if shown.isEmpty { return ReportDocument([ReportSection(nil, [head] + end)]) }
    return ReportDocument([ReportSection(nil, [head])] + shown + [ReportSection(nil, end)])
  }

  /// How far an exploration is, in one line.
  public static func progress(_ outcome: Outcome) -> String {
    guard let body = outcome.exploration else { return "" }
    return "\(outcome.header.elapsedNanoseconds / 1_000_000_000) s, \(rates(outcome)), "
      + coverage(body.campaign) + ", \(NumberText.counted(body.campaign.seen.count, "finding"))"
  }

  /// What was searched.
  private static func searched(_ outcome: Outcome, _ body: ExplorationBody) -> String {
    let header = outcome.header
    return "\(header.name), seed \(header.seed): "
      + "\(NumberText.counted(body.campaign.schedules, "schedule")) in "
      + "\(NumberText.seconds(header.elapsedNanoseconds)) s on "
      + "\(NumberText.counted(body.threads, "thread")), "
      + "\(rates(outcome)); \(coverage(body.campaign))"
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

  /// What continuations of a schedule were.
  private static func continued(
    _ continued: ContinuedSchedule, _ campaign: CampaignFigures
  ) -> String {
    let text =
      "\(continued.seedFile): \(NumberText.counted(campaign.schedules, "schedule")) that went on "
      + "freely after \(NumberText.counted(continued.steps, "step")), \(coverage(campaign))"
    guard let expected = continued.expected else { return text }
    let own = campaign.seen.first { $0.signature == expected }
    return text + "; \(expected) in \(NumberText.compact(own?.schedules ?? 0)) of them"
  }

  /// The verdict, after what a systematic search without a finding came to.
  private static func verdict(_ outcome: Outcome, _ body: ExplorationBody) -> [ReportBlock] {
    if let found = body.found {
      let place = "in schedule \(found.schedule) by \(found.strategy)"
      return [.sentence("FINDING: \(found.finding.signature), \(place); replayed twice")]
    }
    if let order = body.lockOrder {
      let all = order.schedules.map(String.init).joined(separator: ", ")
      let place = "of schedules \(all) together"
      return [.sentence("FINDING: \(order.finding.signature), \(place); each replayed twice")]
    }
    let text =
      outcome.header.verdict == .vacuous ? vacuous(body) : "CLEAN: no schedule broke a rule"
    guard let systematic = body.systematic else { return [.sentence(text)] }
    return levels(systematic) + [.sentence(text + "; " + systematic.verdict)]
  }

  private static func vacuous(_ body: ExplorationBody) -> String {
    if body.campaign.points == 0 { return "VACUOUS: no operation was done" }
    return "VACUOUS: no schedule broke a rule, and none took "
      + body.neverTaken.joined(separator: ", ")
  }

  /// A line for each bound of a systematic search.
  private static func levels(_ systematic: SystematicOutcome) -> [ReportBlock] {
    systematic.levels.map { level in
      var text = "bound \(level.bound): \(NumberText.counted(level.schedules, "schedule"))"
      if level.cut > 0 { text += ", \(level.cut) cut" }
      return .sentence(text + (level.isComplete ? ", complete" : ", not complete"))
    }
  }

  /// That nothing was met of what was looked for.
  private static func missed(_ body: ExplorationBody) -> [ReportBlock] {
    if body.missed.isEmpty { return [] }
    let wanted = body.missed.joined(separator: ", ")
    return [.sentence("not met: \(wanted), which the run found")]
  }

  /// What several schedules break together, then a schedule for each of its sentences.
  private static func lockOrder(_ order: LockOrderOutcome) -> [ReportSection?] {
    let head = ReportSection(
      nil,
      [
        .sentence("\(order.finding.rule) in \(order.finding.site)"), .numbered(order.sentences),
      ])
    return [head]
      + order.edges.enumerated().flatMap { index, edge in
        [ReportSection("\(index + 1). \(order.facts[index])", [])]
          + ScheduleReport.sections(Explanation(edge))
      }
  }
}
