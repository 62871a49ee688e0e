// What several schedules break together, with a schedule for each part of it.

import Machine

/// What several schedules break together of the order of locks.
public struct LockOrderOutcome: Sendable, Codable, Equatable {
  /// The finding.
  public var finding: Finding
  /// What they break, a sentence for each edge.
  public var sentences: [String]
  /// What each sentence tells, as the option `explore.watch` takes it.
  public var facts: [String]
  /// The schedule in which each was first true.
  public var schedules: [UInt64]
  /// For each sentence a schedule of which it is true.
  public var edges: [ShownFinding]

  /// A finding of several schedules.
  public init(
    _ finding: Finding, sentences: [String], facts: [String], schedules: [UInt64],
    edges: [ShownFinding]
  ) {
    self.finding = finding
    self.sentences = sentences
    self.facts = facts
    self.schedules = schedules
    self.edges = edges
  }
}
