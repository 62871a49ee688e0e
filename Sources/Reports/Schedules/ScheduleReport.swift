// The report of one failing schedule, on one screen: what broke, how it came to that step by step,
// who held what, and what to do next.

import Exploration
import Machine
import Outcomes

/// Makes explanations of schedules.
public enum ScheduleReport {
  /// The report of one schedule by itself.
  public static func document(_ explanation: Explanation) -> ReportDocument {
    ReportDocument(sections(explanation))
  }

  /// Its sections; nil for what there is nothing to say of.
  static func sections(_ explanation: Explanation) -> [ReportSection?] {
    [
      ReportSection(nil, [.finding(explanation.finding)]),
      ReportSection(nil, [.interleaving(explanation)]), race(explanation), locks(explanation),
      others(explanation), commands(explanation),
    ]
  }

  private static func race(_ explanation: Explanation) -> ReportSection? {
    guard explanation.finding.rule.contains("race"), let at = explanation.findingPosition,
      let pair = RacePair(endingAt: at, of: explanation.trace)
    else { return nil }
    let items = [pair.first, pair.second].map { step in
      let values = step.valueText
      return "step \(step.number)  CPU \(step.cpu) \(step.context)  \(step.kind.words)"
        + (values.isEmpty ? "" : " \(values)") + "  in \(step.site)"
    }
    return ReportSection("Race on \(pair.second.object)", [.items(items)])
  }

  private static func locks(_ explanation: Explanation) -> ReportSection? {
    let trace = explanation.trace
    if explanation.finding.rule == "deadlock" {
      let edges = trace.deadlockSentences
      return edges.isEmpty ? waits(trace) : sentences("Who waits for whom", edges)
    }
    let lines = trace.locksAtEnd.map { lock in
      var text = lock.name
      if let taken = lock.taken {
        text += ": CPU \(taken.cpu) \(taken.context) since step \(taken.number) in \(taken.site)"
      } else {
        text += ": free"
      }
      for waiter in lock.waiters { text += "; CPU \(waiter.cpu) waits in \(waiter.site)" }
      return text
    }
    if lines.isEmpty { return ReportSection(nil, [.sentence("Locks at the end: none held.")]) }
    return ReportSection("Locks at the end", [.items(lines)])
  }

  /// What CPUs wait for that is no lock.
  private static func waits(_ trace: ScheduleTrace) -> ReportSection? {
    let waiting = trace.waitSentences
    return waiting.isEmpty ? nil : sentences("Who waits for what", waiting)
  }

  private static func sentences(_ heading: String, _ texts: [String]) -> ReportSection {
    ReportSection(heading, [.items(texts.map { $0 + "." })])
  }

  private static func others(_ explanation: Explanation) -> ReportSection? {
    if explanation.others.isEmpty { return nil }
    let list = explanation.others.joined(separator: ", ")
    return ReportSection(nil, [.sentence("Also met on the way: \(list)")])
  }

  private static func commands(_ explanation: Explanation) -> ReportSection? {
    explanation.commands.isEmpty ? nil : ReportSection(nil, [.commands(explanation.commands)])
  }
}
