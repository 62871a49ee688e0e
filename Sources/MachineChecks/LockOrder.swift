// The order of locks over many schedules, put together from what each of them showed.
//
// Rule    Of what several schedules show, the first that is added counts: who adds them by their
//         numbers gets the same whoever ran them.

import Machine

/// Facts of many schedules, judged together.
public final class LockOrder: @unchecked Sendable {
  private let catalog: Catalog
  private let arena: Arena
  private let graph: LockGraph

  /// Nothing seen, on machines with these names.
  public init(_ catalog: Catalog) {
    self.catalog = catalog
    arena = Arena(byteCount: LockGraph.byteCount)
    graph = LockGraph(in: arena)
  }

  /// Adds what a schedule showed; those of the facts that were not known.
  public func add(_ facts: [LockFact]) -> [LockFact] { facts.filter { graph.add($0) } }

  /// What breaks a rule, all that was added put together.
  public var violations: [LockViolation] { LockJudge(graph, catalog, true).violations }
}
