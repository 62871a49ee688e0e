// A rule that the order of locks breaks, told edge by edge.

import Machine

/// A broken rule of locks.
public struct LockViolation: Equatable, Sendable {
  /// `lock-order`, `lock-nmi`, `lock-interrupt`, `lock-interrupt-order`, `lock-nesting`.
  public var rule: Rule
  /// The classes, in the order of the edges; of a cycle the first again at the end.
  public var classes: [String]
  /// A sentence for each edge and for how interrupts were.
  public var sentences: [String]
  /// The schedule in which each sentence was first true; of a native run 0.
  public var schedules: [UInt64]
  /// What each sentence tells, as `Lockdep.watch` takes it.
  public var facts: [String]
  /// Where the last of the sentences was first true.
  public var site: String

  /// The violation as a finding of a whole run.
  public func finding(_ catalog: Catalog) -> Finding {
    let text = catalog.text(rule)
    let subject = classes.joined(separator: " -> ")
    return Finding(
      rule: text?.name ?? "rule\(rule.rawValue)",
      sentence: ([text?.sentence ?? ""] + sentences).joined(separator: " "),
      site: site, subject: subject)
  }
}
