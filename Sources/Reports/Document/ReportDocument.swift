// A report as values: what is said, without how it is laid out.
//
// Rule  Makers of sections are pure functions of an outcome; a renderer alone decides on columns,
//       margins and line ends.

import Machine
import Outcomes

/// A report.
public struct ReportDocument: Sendable {
  /// Its sections; none is empty.
  public var sections: [ReportSection]

  /// A report of those sections that have something to say.
  public init(_ sections: [ReportSection?]) {
    self.sections = sections.compactMap { $0 }
  }
}

/// What belongs together in a report.
public struct ReportSection: Sendable {
  /// The heading; nil for none.
  public var heading: String?
  /// What is said below it.
  public var blocks: [ReportBlock]

  /// A section.
  public init(_ heading: String? = nil, _ blocks: [ReportBlock]) {
    self.heading = heading
    self.blocks = blocks
  }

  /// A section with a table; nil for a table without rows.
  init?(_ heading: String, _ table: ReportTable) {
    if table.rows.isEmpty { return nil }
    self.init(heading, [.table(table)])
  }
}

/// A part of a section.
public enum ReportBlock: Sendable {
  /// What ran: a line in which spaces count.
  case title(String)
  /// What is said of it right below.
  case caption(String)
  /// A sentence.
  case sentence(String)
  /// Sentences of which each stands for itself.
  case items([String])
  /// The same with numbers from 1.
  case numbered([String])
  /// A text that stays as it is, without a line feed at its end.
  case listing(String)
  /// A table.
  case table(ReportTable)
  /// Counts by name.
  case counts([NamedCount])
  /// Words of one kind.
  case words([String])
  /// One finding: the rule, the place and the sentence.
  case finding(Finding)
  /// All findings, and how many more there were.
  case findings([Finding], dropped: UInt64)
  /// The steps of a schedule, a column for each CPU.
  case interleaving(Explanation)
  /// A line to be copied into a shell.
  case command(NextCommand)
  /// Several, one below the other.
  case commands([NextCommand])
}
