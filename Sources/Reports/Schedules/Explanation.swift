// What the report of one failing schedule is made of.

import Exploration
import Machine
import Outcomes

/// One failing schedule, to be explained.
public struct Explanation: Equatable, Sendable {
  /// The finding that is explained.
  public var finding: Finding
  /// The schedule that shows it.
  public var trace: ScheduleTrace
  /// Decisions after which another CPU went on than before, or an interrupt came.
  public var switches: Int
  /// What else is to be said of the schedule, in a few words: `shrunk in 312 replays`; empty if
  /// nothing.
  public var note: String
  /// Signatures of other findings met on the way.
  public var others: [String]
  /// What to do next.
  public var commands: [NextCommand]

  /// An explanation.
  public init(
    finding: Finding, trace: ScheduleTrace, switches: Int, note: String = "",
    others: [String] = [], commands: [NextCommand] = []
  ) {
    self.finding = finding
    self.trace = trace
    self.switches = switches
    self.note = note
    self.others = others
    self.commands = commands
  }

  /// The explanation of a finding that was shown.
  public init(_ shown: ShownFinding) {
    var note = ""
    if shown.replays > 0 {
      note = shown.isMinimal ? "minimal" : "shrunk as far as the budget went"
      note += " after \(NumberText.counted(shown.replays, "replay"))"
    }
    self.init(
      finding: shown.finding, trace: shown.interleaving, switches: shown.switches, note: note,
      others: shown.others, commands: shown.commands)
  }

  /// The position of the step after which the finding was there; nil if it was found at the end.
  var findingPosition: Int? {
    trace.findings.first { $0.finding.signature == finding.signature }?.position
  }
}

/// A column of an interleaving: one context of one CPU.
struct ExplainColumn: Hashable, Comparable {
  var cpu: Int
  var context: ContextKind

  init(_ step: TraceStep) {
    cpu = step.cpu
    context = step.context
  }

  static func < (left: ExplainColumn, right: ExplainColumn) -> Bool {
    (left.cpu, left.context.rawValue) < (right.cpu, right.context.rawValue)
  }

  /// The same in at most six columns.
  var shortTitle: String {
    switch context {
    case .task: "CPU\(cpu)"
    case .softirq: "\(cpu):sirq"
    case .hardirq: "\(cpu):hirq"
    case .nmi: "\(cpu):nmi"
    }
  }

  var title: String { context == .task ? "CPU \(cpu)" : "CPU \(cpu) \(context)" }
}
