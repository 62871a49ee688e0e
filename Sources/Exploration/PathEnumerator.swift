// Walks the tree of a program's schedules, depth first: each schedule repeats the choices of the
// one before it up to the last where there is another option, and takes that.
//
// A CPU that relaxed is no option until all others that could go on had a turn or no longer can: so
// a loop that waits for another CPU does not make the tree endless.  A failed trylock may be
// followed by anybody; in a bounded search the same CPU's going on costs 1.

import Machine

/// The next path through a tree of schedules.
final class PathEnumerator: ScheduleStrategy {
  private struct Node {
    var choice: ScheduleChoice
    var cost: Int
    var option: Int
    var options: Int
  }

  private let kind: SystematicKind
  private var bound = 0
  private var nodes: [Node] = []
  private var depth = 0
  /// What the path cost.
  private(set) var spent = 0
  /// True if an option of this level was left out because it cost too much.
  private(set) var leftOut = false
  /// For a CPU that relaxed, those that come first.
  private var before = ByCPU<CPUSet>(repeating: CPUSet(cpuCount: 1))
  private var relaxed = CPUSet(cpuCount: 1)
  /// The CPUs that may go on, in the order of what they cost.
  private var cpus = ByCPU<UInt8>(repeating: 0)
  private var costs = ByCPU<Int>(repeating: 0)
  private var cpuCount = 0

  init(_ kind: SystematicKind) { self.kind = kind }

  /// Begins with the first path of those that cost `bound` or less.
  func beginLevel(_ bound: Int) {
    self.bound = bound
    nodes.removeAll(keepingCapacity: true)
    leftOut = false
  }

  /// The choices of the last schedule.
  var path: [ScheduleChoice] { nodes.prefix(depth).map(\.choice) }

  /// Goes to the next path; false if there is none.
  func advance() -> Bool {
    while let last = nodes.last {
      if last.option + 1 < last.options {
        nodes[nodes.count - 1].option += 1
        return true
      }
      nodes.removeLast()
    }
    return false
  }

  override func begin(seed: UInt64, _ view: ScheduleView) {
    depth = 0
    spent = 0
    relaxed = view.none
  }

  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    noteTurn(view)
    if depth + 1 < nodes.count {
      spent += nodes[depth].cost
      depth += 1
      return nodes[depth - 1].choice
    }
    order(view)
    var options = 0
    while options < cpuCount && spent + costs[options] <= bound { options += 1 }
    if options < cpuCount { leftOut = true }
    let cpuOptions = options
    let deliveries = deliveryCount(view)
    let deliveryCost = kind == .exhaustive || cpuCount == 0 ? 0 : 1
    if spent + deliveryCost <= bound {
      options += deliveries
    } else if deliveries > 0 {
      leftOut = true
    }
    let option = depth < nodes.count ? nodes[depth].option : 0
    let isCPU = option < cpuOptions
    let choice =
      isCPU ? ScheduleChoice(cpu: Int(cpus[option])) : delivery(option - cpuOptions, view)
    let cost = isCPU ? costs[option] : deliveryCost
    let node = Node(choice: choice, cost: cost, option: option, options: options)
    if depth < nodes.count { nodes[depth] = node } else { nodes.append(node) }
    depth += 1
    spent += cost
    return choice
  }

  /// Who relaxed waits for the turns of the others.
  private func noteTurn(_ view: ScheduleView) {
    if view.current < 0 { return }
    let others = view.enabled.without(view.current)
    let waiting = relaxed
    waiting.visit { cpu in
      before[cpu] = before[cpu].intersection(others)
      if before[cpu].isEmpty { relaxed.remove(cpu) }
    }
    if !view.lastYielded || view.last.kind != .relax { return }
    before[view.current] = others
    if !others.isEmpty { relaxed.insert(view.current) }
  }

  /// Lists the CPUs that may go on, and what each costs.
  private func order(_ view: ScheduleView) {
    let able = view.enabled.subtracting(relaxed)
    let current = view.current
    let goesOn = current >= 0 && able.contains(current)
    cpuCount = 0
    switch kind {
    case .exhaustive:
      add(able, cost: 0)
    case .preemptions:
      let others = goesOn ? able.without(current) : able
      if goesOn && (!view.lastYielded || others.isEmpty) {
        add(current, cost: 0)
        add(others, cost: 1)
      } else {
        add(others, cost: 0)
        if goesOn { add(current, cost: 1) }
      }
    case .delays:
      var cpu = goesOn && !view.lastYielded ? current : able.next(after: current)
      for cost in 0..<able.count {
        add(cpu, cost: cost)
        cpu = able.next(after: cpu)
      }
    }
  }

  private func add(_ cpu: Int, cost: Int) {
    cpus[cpuCount] = UInt8(truncatingIfNeeded: cpu)
    costs[cpuCount] = cost
    cpuCount += 1
  }

  private func add(_ set: CPUSet, cost: Int) {
    set.visit { add($0, cost: cost) }
  }

  private func deliveryCount(_ view: ScheduleView) -> Int {
    if !view.isInterruptible { return 0 }
    return InterruptSource.allCases.reduce(0) { $0 + view.deliverable($1).count }
  }

  private func delivery(_ number: Int, _ view: ScheduleView) -> ScheduleChoice {
    var position = number
    for source in InterruptSource.allCases {
      let cpus = view.deliverable(source)
      if position < cpus.count { return ScheduleChoice(source, to: cpus.nth(position)) }
      position -= cpus.count
    }
    fatalError("an option is one of those counted")
  }
}
