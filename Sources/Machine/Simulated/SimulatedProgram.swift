// A program for a simulated machine: what each CPU does, and what is checked at the end.

/// A program of virtual CPUs.
///
/// An object, so that a schedule takes no reference to its parts.
public final class SimulatedProgram {
  /// Makes the program's own state what it is at the start of a schedule; nil for nothing.
  public let prepare: (() -> Void)?
  /// What each CPU does.  It may be left at any point and never resumed, so it holds no reference
  /// and no memory of its own across one.
  public let body: (CPU) -> Void
  /// What each CPU does by itself, one after the other, once all have ended without a finding: it
  /// gives back what nobody holds any more.  Nil for nothing.
  public let giveBack: ((CPU) -> Void)?
  /// What is checked after all CPUs ended without a finding; runs alone on CPU 0, and a rule that
  /// breaks in it is the schedule's finding.  Nil for nothing.
  public let atEnd: ((CPU) -> Void)?

  /// A program.
  public init(
    prepare: (() -> Void)? = nil, body: @escaping (CPU) -> Void,
    giveBack: ((CPU) -> Void)? = nil, atEnd: ((CPU) -> Void)? = nil
  ) {
    self.prepare = prepare
    self.body = body
    self.giveBack = giveBack
    self.atEnd = atEnd
  }
}
