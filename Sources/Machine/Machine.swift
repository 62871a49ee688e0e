// A machine: its CPUs, their contexts, its memory, its locks, and who handles its interrupts.
// It does nothing by itself: NativeMachine or SimulatedMachine runs it.

import CMachine
import Synchronization

/// The parts that both machines share.
///
/// Safe to hand to other threads because it changes only while no CPU runs.
public final class Machine: @unchecked Sendable {
  /// CPUs that a machine may have, kernel threads' included.
  public static var cpuCountMax: Int { 255 }
  /// CPUs of a machine that may run workers; what is left is for kernel threads.
  public static var workerCountMax: Int { 240 }

  /// How many CPUs there are, kernel threads' included.
  public let cpuCount: Int
  /// The modelled memory: everything behind the seam.
  public let arena: Arena
  /// The names of sites, rules, counters and lock classes.
  public internal(set) var catalog: Catalog
  let records: UnsafeMutablePointer<CPURecord>
  let shared: UnsafeMutablePointer<MachineShared>
  private let contextArena: Arena
  private let contexts: UnsafeMutablePointer<ContextRecord>
  private(set) var locks: [UnsafeMutablePointer<SpinLockRecord>] = []
  var retainedLockObserver: LockObserver?
  private var retainedHandlers: [InterruptHandler] = []
  private var runFindings: [FindingRecord] = []
  /// Findings of judges that look at the whole machine, already in words.
  private var judgeFindings: [Finding] = []
  var namedMemory: [NamedMemory] = []
  /// What locks are called within their classes, by address.
  var lockLabels: [UInt: String] = [:]

  /// Makes a machine of `cpuCount` CPUs (1 ... `cpuCountMax`) with `arenaByteCount` bytes of
  /// modelled memory, of which those that are never used cost nothing.
  public init(cpuCount: Int, arenaByteCount: Int = 1 << 20, catalog: Catalog = Catalog()) {
    precondition(
      (1...Self.cpuCountMax).contains(cpuCount), "a machine has 1 to \(Self.cpuCountMax) CPUs")
    self.cpuCount = cpuCount
    self.catalog = catalog
    arena = Arena(byteCount: arenaByteCount)
    let contextCount = cpuCount * ContextKind.allCases.count
    contextArena = Arena(byteCount: Self.contextByteCount(cpuCount: cpuCount))
    contexts = contextArena.reserve(bytes: contextCount * MemoryLayout<ContextRecord>.stride)
      .bindMemory(to: ContextRecord.self, capacity: contextCount)
    shared = contextArena.reserve(bytes: MemoryLayout<MachineShared>.stride)
      .bindMemory(to: MachineShared.self, capacity: 1)
    records = contextArena.reserve(bytes: cpuCount * MemoryLayout<CPURecord>.stride)
      .bindMemory(to: CPURecord.self, capacity: cpuCount)
    shared.initialize(to: MachineShared(records: records, cpuCount: cpuCount))
    for index in 0..<contextCount {
      (contexts + index).initialize(to: ContextRecord(in: contextArena))
    }
    for id in 0..<cpuCount {
      let own = contexts + id * ContextKind.allCases.count
      (records + id).initialize(to: CPURecord(id: id, contexts: own, shared: shared))
    }
  }

  /// Bytes that a machine of `cpuCount` CPUs takes besides its modelled memory.
  public static func contextByteCount(cpuCount: Int) -> Int {
    let contextCount = cpuCount * ContextKind.allCases.count
    return contextCount * (ContextRecord.byteCount + 512) + cpuCount * 1024 + 65536
  }

  /// CPU number `id`, for the code that runs on it.
  public func cpu(_ id: Int) -> CPU {
    precondition(id >= 0 && id < cpuCount, "a CPU of the machine")
    return CPU(record: records + id, site: .machine)
  }

  /// Starts all streams anew from `seed` and forgets what was counted.
  public func reset(seed: UInt64) {
    prepareRun()
    for id in 0..<cpuCount {
      clearInterruptCounts(id)
      for context in 0..<4 { contexts[id * 4 + context].reset() }
      records[id].hasUsedContexts = false
    }
    shared.pointee.streamSeed = seed
  }

  /// Starts all streams anew from `seed` and forgets findings; what was counted stays, so that it
  /// sums over many schedules.
  func beginSchedule(seed: UInt64) {
    prepareRun()
    for id in 0..<cpuCount where records[id].hasUsedContexts { records[id].forgetContexts() }
    shared.pointee.streamSeed = seed
  }

  private func prepareRun() {
    if !runFindings.isEmpty { runFindings.removeAll() }
    if !judgeFindings.isEmpty { judgeFindings.removeAll() }
    shared.pointee.halted.store(0, ordering: .relaxed)
    shared.pointee.stopping.store(0, ordering: .relaxed)
    shared.pointee.remoteInterruptsSent.store(0, ordering: .relaxed)
    shared.pointee.found.store(0, ordering: .relaxed)
    for id in 0..<cpuCount { resetCPU(id) }
  }

  private func resetCPU(_ id: Int) {
    let record = records + id
    record.pointee.attention.store(0, ordering: .relaxed)
    if record.pointee.context != .task { record.pointee.enter(.task) }
    record.pointee.interruptDepth = 0
    record.pointee.softirqDepth = 0
    record.pointee.pendingInterrupts.store(0, ordering: .relaxed)
    record.pointee.pendingSoftirqs.store(0, ordering: .relaxed)
    record.pointee.remoteInterrupts.store(0, ordering: .relaxed)
    record.pointee.waitingFor.store(0, ordering: .relaxed)
    record.pointee.hasEnded.store(0, ordering: .relaxed)
    if record.pointee.hasCounts { clearInterruptCounts(id) }
  }

  @inline(never) private func clearInterruptCounts(_ id: Int) {
    let record = records + id
    record.pointee.hasCounts = false
    record.pointee.interruptsOffTicksMax = 0
    record.pointee.interruptsDelivered = .init(repeating: 0)
    record.pointee.interruptsDeferred = .init(repeating: 0)
    record.pointee.interruptsReceived = .init(repeating: 0)
    for source in 0..<InterruptSource.count {
      record.pointee.interruptsSent[source].store(0, ordering: .relaxed)
      record.pointee.interruptsCoalesced[source].store(0, ordering: .relaxed)
    }
    record.pointee.softirqsRun = 0
  }

  /// How much the CPUs measure.
  public func setStatistics(_ mode: StatisticsMode) {
    for id in 0..<cpuCount {
      records[id].statistics = mode
      let order = records[id].lockNotes & LockNotes.order
      records[id].lockNotes = order | LockNotes.bits(mode)
    }
  }

  /// A new lock on a line of its own.
  public func makeLock(_ lockClass: LockClass, instance: Int) -> SpinLock {
    let record = makeLockRecord(lockClass, instance: instance, extraBytes: 0)
    return SpinLock(record: record.assumingMemoryBound(to: SpinLockRecord.self))
  }

  func makeLockRecord(
    _ lockClass: LockClass, instance: Int, extraBytes: Int
  ) -> UnsafeMutableRawPointer {
    let memory = arena.reserve(bytes: 64 + extraBytes)
    let pointer = memory.bindMemory(to: SpinLockRecord.self, capacity: 1)
    pointer.initialize(
      to: SpinLockRecord(
        lockClass: UInt16(lockClass.rawValue), instance: UInt32(truncatingIfNeeded: instance)))
    locks.append(pointer)
    return memory
  }

  /// Who handles interrupts of `source`.
  public func setHandler(_ handler: InterruptHandler, for source: InterruptSource) {
    retainedHandlers.append(handler)
    shared.pointee.handlers[source.rawValue] = Unmanaged.passUnretained(handler)
  }

  /// Who runs softirq `vector`.
  public func setHandler(_ handler: InterruptHandler, for vector: SoftirqVector) {
    retainedHandlers.append(handler)
    shared.pointee.softirqHandlers[vector.rawValue] = Unmanaged.passUnretained(handler)
  }

  /// Mean number of points between two interrupts of `source` on each CPU; 0 turns it off.
  public func setPointsBetween(_ source: InterruptSource, _ points: Int) {
    shared.pointee.pointsBetween[source.rawValue] = Int64(max(points, 0))
  }

  /// Asks workers to come to their end.
  public func stop() { shared.pointee.stopping.store(1, ordering: .relaxed) }

  /// True once a finding, or a time-out, ended the run early.
  public var isHalted: Bool { shared.pointee.halted.load(ordering: .relaxed) != 0 }

  /// True once a CPU recorded a finding; while CPUs run, too.
  public var hasFinding: Bool { shared.pointee.found.load(ordering: .relaxed) != 0 }

  /// Sends every CPU out of its code at its next point.
  public func halt() { shared.pointee.halt() }
}

extension Machine {
  /// What a context of a CPU counted, at rest.
  public func counted(_ counter: CounterID, cpu: Int, context: ContextKind) -> UInt64 {
    record(cpu, context).counters[Int(counter.rawValue)]
  }

  /// The sum of a counter over all contexts, at rest; wraps.
  public func total(_ counter: CounterID) -> UInt64 {
    var sum: UInt64 = 0
    for cpu in 0..<cpuCount {
      for context in ContextKind.allCases { sum &+= counted(counter, cpu: cpu, context: context) }
    }
    return sum
  }

  /// What locks of one class cost in all contexts, at rest.
  public func lockTotals(_ lockClass: LockClass) -> LockStatistics {
    var sum = LockStatistics()
    forEachContext { sum.add($0.locks[Int(lockClass.rawValue)]) }
    return sum
  }

  /// What one site waited for locks in all contexts, at rest.
  public func contention(at site: Site) -> SiteContention {
    var sum = SiteContention()
    forEachContext {
      sum.contentions &+= $0.sites[Int(site.rawValue)].contentions
      sum.waitTicks &+= $0.sites[Int(site.rawValue)].waitTicks
    }
    return sum
  }

  /// Histogram `index` over all contexts, at rest.
  public func latencies(_ index: Int) -> Histogram {
    var sum = Histogram()
    forEachContext { sum.add($0.latencies[index]) }
    return sum
  }

  /// The hash of all that the tasks of a CPU asked for.
  public func requestHash(cpu: Int) -> UInt64 { record(cpu, .task).requestHash }

  /// Softirq handlers run on all CPUs, at rest.
  public var softirqsRun: UInt64 {
    (0..<cpuCount).reduce(0) { $0 &+ records[$1].softirqsRun }
  }

  /// The longest time that interrupts were off, in ticks, and where they were turned off.
  public var interruptsOffLongest: (ticks: UInt64, site: Site) {
    var longest: (ticks: UInt64, site: Site) = (0, .unknown)
    for id in 0..<cpuCount where records[id].interruptsOffTicksMax > longest.ticks {
      longest = (records[id].interruptsOffTicksMax, Site(records[id].interruptsOffSiteOfMax))
    }
    return longest
  }

  /// Findings of all CPUs and contexts, at rest; the same rule at the same site is one.
  public func findings() -> (findings: [Finding], dropped: UInt64) {
    var found = runFindings.map { $0.finding(catalog, subjectName: subjectName) }
    var dropped: UInt64 = 0
    forEachContext { context in
      dropped &+= context.findingsDropped
      for index in 0..<context.findingCount {
        let finding = context.findings[index].finding(catalog, subjectName: subjectName)
        if let same = found.firstIndex(where: { $0.signature == finding.signature }) {
          found[same].count += finding.count
        } else {
          found.append(finding)
        }
      }
    }
    return (found + judgeFindings, dropped)
  }

  /// Adds what a judge of the whole machine found, at rest; it is forgotten with all others.
  public func note(_ finding: Finding) { judgeFindings.append(finding) }

  /// How many findings are noted, the same one in two contexts counted twice; at rest, or by an
  /// observer of a simulated schedule.
  public var findingCount: Int {
    var count = runFindings.count + judgeFindings.count
    for index in 0..<cpuCount * ContextKind.allCases.count {
      count += contexts[index].findingCount
    }
    return count
  }

  /// True if anything was found, at rest.
  public var hasFindings: Bool {
    if !runFindings.isEmpty || !judgeFindings.isEmpty { return true }
    if !hasFinding { return false }
    for index in 0..<cpuCount * 4 where contexts[index].findingCount != 0 { return true }
    return false
  }

  /// True if a CPU's code, or the run, broke a rule, at rest.
  func hasFound(_ rule: Rule) -> Bool {
    for index in 0..<cpuCount * ContextKind.allCases.count {
      for place in 0..<contexts[index].findingCount
      where contexts[index].findings[place].rule == rule.rawValue { return true }
    }
    return runFindings.contains { $0.rule == rule.rawValue }
  }

  /// Forgets the findings of all CPUs, at rest.
  public func clearFindings() {
    runFindings.removeAll()
    judgeFindings.removeAll()
    for index in 0..<cpuCount * ContextKind.allCases.count {
      contexts[index].findingCount = 0
      contexts[index].findingsDropped = 0
    }
  }

  /// Records a finding that no CPU wrote: a deadlock, a stuck CPU.  Evidence 0 is the CPU.
  func noteRunFinding(
    _ rule: Rule, _ site: Site, _ kind: SubjectKind, _ subject: Int, _ cpu: Int
  ) {
    runFindings.append(
      FindingRecord(
        rule: rule.rawValue, site: site.rawValue, cpu: UInt8(truncatingIfNeeded: cpu),
        context: records[cpu].context.rawValue, subjectKind: kind.rawValue, count: 1,
        subject: subject, evidence0: cpu, evidence1: 0, evidence2: 0, evidence3: 0))
  }

  func subjectName(_ kind: SubjectKind, _ subject: Int) -> String {
    switch kind {
    case .nothing: ""
    case .frame: "frame 0x" + String(UInt(bitPattern: subject), radix: 16)
    case .lock: lockName(UInt(bitPattern: subject)) ?? "a lock"
    case .zone: "zone \(subject)"
    case .cpu: "CPU \(subject)"
    case .slot: "slot \(subject)"
    case .counter: catalog.name(CounterID(UInt16(truncatingIfNeeded: subject)))
    case .word: wordName(subject)
    }
  }

  func lockName(_ address: UInt) -> String? {
    guard let lock = locks.first(where: { UInt(bitPattern: $0) == address }) else { return nil }
    let name = catalog.name(LockClass(UInt8(truncatingIfNeeded: lock.pointee.lockClass)))
    return "\(name)[\(lockLabels[address] ?? String(lock.pointee.instance))]"
  }

  private func record(_ cpu: Int, _ context: ContextKind) -> ContextRecord {
    contexts[cpu * ContextKind.allCases.count + Int(context.rawValue)]
  }

  private func forEachContext(_ body: (ContextRecord) -> Void) {
    for index in 0..<cpuCount * ContextKind.allCases.count { body(contexts[index]) }
  }
}
