// Judges a graph of lock classes: can the chains that were seen, together, end in a deadlock.

import Machine

/// The rules, over one graph.
struct LockJudge {
  private let graph: LockGraph
  private let catalog: Catalog
  /// True if places name schedules.
  private let isSimulated: Bool

  init(_ graph: LockGraph, _ catalog: Catalog, _ isSimulated: Bool) {
    self.graph = graph
    self.catalog = catalog
    self.isSimulated = isSimulated
  }

  /// All that is wrong, the shortest cycles first.
  var violations: [LockViolation] {
    cycles + nonMaskable + interrupts(.inHardirq, .withHardirqs)
      + interrupts(.inSoftirq, .withSoftirqs) + nestings
  }

  private var nodes: [LockNode] { (0..<LockNode.count).map { LockNode(number: $0) } }

  /// A shortest cycle through each class that has one, from its lowest class; of those that share
  /// an edge only the shortest, because the same edge is to blame.
  private var cycles: [LockViolation] {
    var found: [[Int]] = []
    for node in nodes {
      guard let path = path(from: node, to: { $0 == node }) else { continue }
      let cycle = Array(path.dropLast().map(\.number))
      let lowest = cycle.indices.min { cycle[$0] < cycle[$1] } ?? 0
      let turned = Array(cycle[lowest...] + cycle[..<lowest])
      if !found.contains(turned) { found.append(turned) }
    }
    found.sort { $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1) }
    var told = [UInt64](repeating: 0, count: LockNode.count)
    var violations: [LockViolation] = []
    for cycle in found {
      let closed = (cycle + [cycle[0]]).map { LockNode(number: $0) }
      let edges = Array(zip(closed, closed.dropFirst()))
      if edges.contains(where: { told[$0.number] & $1.bit != 0 }) { continue }
      for (from, to) in edges { told[from.number] |= to.bit }
      violations.append(violation(.lockOrder, closed, []))
    }
    return violations
  }

  /// Classes of interrupts of one kind, alone and under each other.
  private func interrupts(_ inside: LockUsage, _ on: LockUsage) -> [LockViolation] {
    var found: [LockViolation] = []
    for node in nodes where graph.usage[node.number] & inside.bit != 0 {
      if graph.usage[node.number] & on.bit != 0 {
        found.append(violation(.lockInterrupt, [node], [(node, inside), (node, on)]))
        continue
      }
      let isUnsafe: (LockNode) -> Bool = {
        graph.usage[$0.number] & on.bit != 0 && graph.usage[$0.number] & inside.bit == 0
      }
      guard let path = path(from: node, to: isUnsafe), let last = path.last else { continue }
      found.append(violation(.lockInterruptOrder, path, [(node, inside), (last, on)]))
    }
    return found
  }

  /// Classes that an NMI waits for and others take: nothing keeps the NMI away from who holds one.
  private var nonMaskable: [LockViolation] {
    let both = LockUsage.inNMI.bit | LockUsage.outsideNMI.bit
    return nodes.filter { graph.usage[$0.number] & both == both }.map {
      violation(.lockNMI, [$0], [($0, .inNMI), ($0, .outsideNMI)])
    }
  }

  private var nestings: [LockViolation] {
    nodes.filter { graph.nested[0] & $0.bit != 0 }.map { node in
      let fact = LockFact(.nesting(node), graph.nestingPlace(node))
      let name = node.name(catalog)
      return violation(.lockNesting, [name, name], [fact])
    }
  }

  /// A shortest path of at least one edge, its ends included; nil if there is none.
  private func path(from start: LockNode, to isEnd: (LockNode) -> Bool) -> [LockNode]? {
    var before = [Int](repeating: -1, count: LockNode.count)
    var queue = [start.number]
    var next = 0
    var seen: UInt64 = 0
    while next < queue.count {
      let from = queue[next]
      next += 1
      for to in 0..<LockNode.count where graph.after[from] & ~seen & (1 << UInt64(to)) != 0 {
        seen |= 1 << UInt64(to)
        before[to] = from
        if isEnd(LockNode(number: to)) { return walk(back: to, to: start.number, before) }
        queue.append(to)
      }
    }
    return nil
  }

  private func walk(back end: Int, to start: Int, _ before: [Int]) -> [LockNode] {
    var path = [end]
    var node = before[end]
    while node != start {
      path.append(node)
      node = before[node]
    }
    path.append(start)
    return path.reversed().map { LockNode(number: $0) }
  }

  private func violation(
    _ rule: Rule, _ path: [LockNode], _ usages: [(LockNode, LockUsage)]
  ) -> LockViolation {
    let edges = zip(path, path.dropFirst()).map { from, to in
      LockFact(.edge(from, to), graph.place(from, to))
    }
    let uses = usages.map { node, usage in
      LockFact(.usage(node, usage), graph.place(node, usage))
    }
    return violation(rule, path.map { $0.name(catalog) }, edges + uses)
  }

  private func violation(
    _ rule: Rule, _ classes: [String], _ facts: [LockFact]
  ) -> LockViolation {
    LockViolation(
      rule: rule, classes: classes,
      sentences: facts.map { $0.sentence(catalog, isSimulated: isSimulated) },
      schedules: facts.map(\.schedule), facts: facts.map { $0.name(catalog) },
      site: catalog.name(Site(facts.last?.place.site ?? 0)))
  }
}
