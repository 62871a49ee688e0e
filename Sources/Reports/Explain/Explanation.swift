// What the report of one failing schedule is made of.

import Exploration
import Machine

/// One failing schedule, to be explained.
public struct Explanation: Equatable, Sendable {
  /// A line to be copied into a shell.
  public struct Command: Equatable, Sendable {
    /// What it does, in a word: `replay`.
    public var label: String
    /// The line.
    public var line: String

    /// A command.
    public init(_ label: String, _ line: String) {
      self.label = label
      self.line = line
    }
  }

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
  public var commands: [Command]

  /// An explanation.
  public init(
    finding: Finding, trace: ScheduleTrace, switches: Int, note: String = "",
    others: [String] = [], commands: [Command] = []
  ) {
    self.finding = finding
    self.trace = trace
    self.switches = switches
    self.note = note
    self.others = others
    self.commands = commands
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
