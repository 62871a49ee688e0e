// Proves deadlocks from the order of locks, though none happened: classes of locks, which was
// waited for under which, and how interrupts were meanwhile.
//
// Models  the rules of kernel/locking/lockdep.c, 7.3.
// Omits   Reader locks, wait types, cross-release.
// Rule    A trylock waits for nobody: nothing leads to it, and in an interrupt it is harmless.
//         What is waited for under it counts.  Each chain of held locks is looked at once.

import Machine

/// A judge of the locks of one machine, over all its schedules or one native run.
public final class Lockdep: LockObserver, @unchecked Sendable {
  /// Locks that a context can hold at once and be judged; more are not looked at.
  public static let heldCountMax = 16

  /// The number of the schedule that runs, for what is seen first in it.  Counts up by itself
  /// from one schedule to the next.
  public var schedule: UInt64 = 0

  private let machine: Machine
  private let arena: Arena
  /// One, or one for each context of each CPU.
  private let graphs: [LockGraph]
  private let isShared: Bool
  /// False between schedules: what runs at the end of one by itself is no part of it.
  private var isListening = true
  private var watched: LockFact.What?
  private let held: Table<HeldLock>
  private let heldCounts: Table<Int>

  /// A lock that a context holds.
  private struct HeldLock: BitwiseCopyable {
    var identity: UInt
    /// Of this lock and all below it.
    var chain: UInt64
    var instance: UInt32
    var site: UInt16
    var node: UInt8
  }

  /// A judge of the schedules that `simulated` runs from now on.
  public convenience init(_ simulated: SimulatedMachine) {
    self.init(simulated.machine, graphs: 1)
    simulated.machine.setLockObserver(self)
    simulated.observe(LockdepSchedules(self))
  }

  /// A judge of a native run on `machine`, which has not begun.
  public convenience init(native machine: Machine) {
    self.init(machine, graphs: machine.cpuCount * 4)
    machine.setLockObserver(self)
  }

  private init(_ machine: Machine, graphs count: Int) {
    self.machine = machine
    let contexts = machine.cpuCount * 4
    arena = Arena(byteCount: Self.byteCount(cpuCount: machine.cpuCount, graphs: count))
    let arena = arena
    graphs = (0..<count).map { _ in LockGraph(in: arena) }
    isShared = count == 1
    held = arena.table(of: HeldLock.self, count: contexts * Self.heldCountMax)
    // A line each: contexts of different CPUs write side by side.
    heldCounts = arena.table(of: Int.self, count: contexts * 8)
  }

  /// Bytes that a judge takes; natively it has a graph for each context of each CPU.
  public static func byteCount(cpuCount: Int, graphs: Int) -> Int {
    graphs * LockGraph.byteCount
      + cpuCount * 4 * (heldCountMax * MemoryLayout<HeldLock>.stride + 64) + 4096
  }

  /// Reports `lock-watched` wherever a fact of this name is seen that was forgotten, or not seen
  /// before; false if the name stands for nothing.
  public func watch(_ name: String) -> Bool {
    watched = LockFact.what(named: name, machine.catalog)
    return watched != nil
  }

  /// What was seen, all schedules and contexts put together; at rest.
  public var facts: [LockFact] {
    if isShared { return graphs[0].facts }
    return merged { $0.facts }
  }

  /// What was seen since it last forgot, as seen in a schedule of this number; at rest.
  public func facts(ofSchedule index: UInt64) -> [LockFact] { facts.map { $0.seen(in: index) } }

  /// No CPU runs any more.
  func rest() { isListening = false }

  /// Everybody holds nothing: a schedule begins.
  func forgetHeld() {
    isListening = true
    for context in 0..<machine.cpuCount * 4 { heldCounts[context * 8] = 0 }
  }

  /// What breaks a rule, all schedules and contexts put together; at rest.
  public var violations: [LockViolation] {
    if isShared { return LockJudge(graphs[0], machine.catalog, true).violations }
    return merged { LockJudge($0, machine.catalog, false).violations }
  }

  private func merged<Result>(_ ask: (LockGraph) -> Result) -> Result {
    let arena = Arena(byteCount: LockGraph.byteCount)
    let whole = LockGraph(in: arena)
    for graph in graphs { whole.merge(graph) }
    return withExtendedLifetime(arena) { ask(whole) }
  }

  /// Forgets all that was seen, so that what follows is judged by itself; at rest.
  public func forget() { for graph in graphs { graph.forget() } }

  /// Chains of held locks that were looked at, those of each context apart; at rest.
  public var chains: UInt64 { graphs.reduce(0) { $0 + UInt64($1.chainsSeen) } }

  /// Adds what another judge of the same program saw; at rest.
  public func merge(_ other: Lockdep) {
    for graph in other.graphs { graphs[0].merge(graph) }
  }

  public override func note(_ cpu: CPU, _ event: LockEvent, _ lock: SpinLock?, subclass: UInt8) {
    if !isListening { return }
    let context = cpu.id * 4 + Int(cpu.context.rawValue)
    let graph = graphs[isShared ? 0 : context]
    guard let lock else { return turnOn(cpu, event, context, graph) }
    let node = LockNode(lock.lockClass, subclass: subclass)
    switch event {
    case .waits: _ = judge(cpu, node, lock, isTry: false, context, graph)
    case .taken:
      push(cpu, node, lock, judge(cpu, node, lock, isTry: false, context, graph), context)
    case .tried:
      push(cpu, node, lock, judge(cpu, node, lock, isTry: true, context, graph), context)
    case .released: pop(lock, context)
    case .interruptsOn, .softirqsOn: break
    }
  }

  private func push(_ cpu: CPU, _ node: LockNode, _ lock: SpinLock, _ chain: UInt64, _ context: Int)
  {
    let count = heldCounts[context * 8]
    if count >= Self.heldCountMax { return }
    held[context * Self.heldCountMax + count] = HeldLock(
      identity: lock.identity, chain: chain, instance: UInt32(lock.instance),
      site: cpu.site.rawValue, node: UInt8(node.number))
    heldCounts[context * 8] = count + 1
  }

  private func pop(_ lock: SpinLock, _ context: Int) {
    let first = context * Self.heldCountMax
    let count = heldCounts[context * 8]
    var index = count - 1
    while index >= 0 && held[first + index].identity != lock.identity { index -= 1 }
    if index < 0 { return }
    for above in index..<count - 1 { held[first + above] = held[first + above + 1] }
    heldCounts[context * 8] = count - 1
  }
}

extension Lockdep {
  /// Looks at a lock that is taken or waited for now; the chain that holding it makes.
  private func judge(
    _ cpu: CPU, _ node: LockNode, _ lock: SpinLock, isTry: Bool, _ context: Int, _ graph: LockGraph
  ) -> UInt64 {
    let first = context * Self.heldCountMax
    let count = heldCounts[context * 8]
    let below = count == 0 ? 0 : held[first + count - 1].chain
    var state = UInt64(node.number) << 8 | UInt64(cpu.context.rawValue) << 2 | (isTry ? 2 : 0)
    state |= cpu.interruptsEnabled ? 16 : 0
    state |= cpu.softirqsEnabled ? 32 : 0
    if !isTry { checkNesting(cpu, node, lock, first, count, graph) }
    let chain = Self.mix(below, state | 1)
    if graph.isNew(chain: chain) { add(cpu, node, isTry: isTry, first, count, graph) }
    return chain
  }

  private func add(
    _ cpu: CPU, _ node: LockNode, isTry: Bool, _ first: Int, _ count: Int, _ graph: LockGraph
  ) {
    var place = place(cpu)
    if cpu.context != .nmi { add(cpu, .usage(node, .outsideNMI), place, graph) }
    if cpu.interruptsEnabled {
      add(cpu, .usage(node, .withHardirqs), place, graph)
      if cpu.softirqsEnabled { add(cpu, .usage(node, .withSoftirqs), place, graph) }
    }
    if isTry { return }
    switch cpu.context {
    case .task: break
    case .softirq: add(cpu, .usage(node, .inSoftirq), place, graph)
    case .hardirq: add(cpu, .usage(node, .inHardirq), place, graph)
    case .nmi: add(cpu, .usage(node, .inNMI), place, graph)
    }
    for index in first..<first + count {
      let from = LockNode(number: Int(held[index].node))
      if from == node { continue }
      place.heldSite = held[index].site
      add(cpu, .edge(from, node), place, graph)
    }
  }

  private func add(_ cpu: CPU, _ what: LockFact.What, _ place: LockPlace, _ graph: LockGraph) {
    if !graph.add(LockFact(what, place)) || what != watched { return }
    cpu.report(.lockWatched, .nothing, 0, Int(place.heldSite))
  }

  /// Two locks of one class: only the second above the first.
  private func checkNesting(
    _ cpu: CPU, _ node: LockNode, _ lock: SpinLock, _ first: Int, _ count: Int, _ graph: LockGraph
  ) {
    for index in first..<first + count
    where held[index].node == node.number && held[index].instance >= lock.instance {
      var place = place(cpu)
      place.heldSite = held[index].site
      add(cpu, .nesting(node), place, graph)
    }
  }

  /// What is held stays held with interrupts, or softirqs, on.
  private func turnOn(_ cpu: CPU, _ event: LockEvent, _ context: Int, _ graph: LockGraph) {
    let first = context * Self.heldCountMax
    let count = heldCounts[context * 8]
    if count == 0 { return }
    // While interrupts are off softirqs stay off.
    if event == .softirqsOn && !cpu.interruptsEnabled { return }
    let chain = Self.mix(held[first + count - 1].chain, UInt64(event.rawValue) << 32)
    if !graph.isNew(chain: chain) { return }
    var place = place(cpu)
    for index in first..<first + count {
      let node = LockNode(number: Int(held[index].node))
      place.heldSite = held[index].site
      add(cpu, .usage(node, .withHardirqs), place, graph)
      if event == .softirqsOn || cpu.softirqsEnabled {
        add(cpu, .usage(node, .withSoftirqs), place, graph)
      }
    }
  }

  private func place(_ cpu: CPU) -> LockPlace {
    LockPlace(
      schedule: schedule, site: cpu.site.rawValue, heldSite: cpu.site.rawValue,
      cpu: UInt8(cpu.id), context: cpu.context.rawValue)
  }

  private static func mix(_ chain: UInt64, _ word: UInt64) -> UInt64 {
    let mixed = (chain ^ word) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ (mixed >> 31)
  }
}

/// Tells a lockdep of the beginning and end of schedules.
private final class LockdepSchedules: ScheduleObserver {
  private unowned let lockdep: Lockdep

  init(_ lockdep: Lockdep) { self.lockdep = lockdep }

  override func begin(_ view: ScheduleView) { lockdep.forgetHeld() }

  override func rest(_ view: ScheduleView) { lockdep.rest() }

  override func end(_ outcome: ScheduleOutcome, _ view: ScheduleView) { lockdep.schedule += 1 }
}
