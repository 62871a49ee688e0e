// A virtual CPU: the parameter that every function of the model takes.
//
// There are no globals, and one thread-local for the signal handler alone: who runs, in which
// context, from which site, under which hook, is all reached through this one value.
//
// Rule    A signal may interrupt its own CPU between any two instructions.  What it reads and the
//         code that it cut into writes is either put back as it was before the handler returns
//         (depths, context), or changed in one step (pending interrupts and softirqs), or in the
//         record of one context.  Barriers keep the compiler from moving the writes.

import CMachine
import Synchronization

/// Why a CPU must take the slow path at its next scheduling point.
struct Attention {
  /// Interrupts come at points; as long as it is the only bit, a point only counts.
  static let points: UInt32 = 1
  /// The simulated machine decides at points.
  static let simulated: UInt32 = 2
  /// The run is over: leave at the next point.
  static let halt: UInt32 = 4
  /// Reads of guarded state are points, or somebody wants to be told of them.
  static let plainReads: UInt32 = 8
  /// A signal cut into a library: what it brought is delivered at the next point.
  static let postponed: UInt32 = 16
  /// Another CPU sent an interrupt that comes at the next point.
  static let remote: UInt32 = 32
  /// Somebody wants to know where the CPU is: it tells at its next point.
  static let locate: UInt32 = 256
}

/// How much a run measures.
public enum StatisticsMode: UInt8, CaseIterable, Sendable {
  /// Nothing.
  case off
  /// How often.
  case counts
  /// How often and how long; each time costs a clock read.
  case timing
}

/// A place where the code of a machine can be entered: what happens at a scheduling point.
typealias PointHook =
  @convention(c) (
    _ context: UnsafeMutableRawPointer?, _ kindAndSite: UInt64, _ object: UnsafeMutableRawPointer?
  ) -> Void

/// The state of one virtual CPU.  Written by its own thread alone, but for the atomics.
///
/// No atomic comes first: ThreadSanitizer takes a change of any field for one of the first byte.
struct CPURecord: ~Copyable {
  /// Points until the next interrupt, the last of them its place; more than 0 between points.
  ///
  /// The first field: its address is the record's, so that counting takes one instruction.
  var pointsLeft = Self.pointsWithoutEnd
  var id: UInt32 = 0
  /// Bits of `Attention`; 0 natively unless points delivery is on or the run is over.
  let attention = Atomic<UInt32>(0)
  private(set) var context: ContextKind = .task
  var statistics: StatisticsMode = .off
  /// Bits of `LockNotes`.
  var lockNotes: UInt8 = 0
  /// Nesting of interrupt disable; interrupts are on at 0.
  var interruptDepth: Int32 = 0
  /// Nesting of softirq disable.
  var softirqDepth: Int32 = 0
  /// Sources that came while interrupts were off, a bit each.
  let pendingInterrupts = Atomic<UInt32>(0)
  /// Softirq vectors raised and not yet run, a bit each.
  let pendingSoftirqs = Atomic<UInt32>(0)
  let contexts: UnsafeMutablePointer<ContextRecord>
  /// That of `context`, its counters and lock statistics, and what a lock that it holds says, for
  /// what is needed on every call.
  private(set) var own: UnsafeMutablePointer<ContextRecord>
  private(set) var ownCounters: UnsafeMutablePointer<UInt64>
  private(set) var ownLocks: UnsafeMutablePointer<LockStatistics>
  private(set) var holder: UInt32 = 0
  var hook: PointHook = { _, _, _ in }
  var hookContext: UnsafeMutableRawPointer?
  /// Leaves the CPU's code for good; never returns.
  var leave: PointHook?
  var leaveContext: UnsafeMutableRawPointer?
  var shared: UnsafeMutablePointer<MachineShared>

  /// Sources sent from outside, by other CPUs or by signals, and not yet taken, a bit each.
  let remoteInterrupts = Atomic<UInt32>(0)
  /// The thread that takes signals for the CPU; 0 if none does.
  let signalThread = Atomic<Int32>(0)
  /// The lock that this CPU spins on, as an address; 0 if none.  For the stuck report.
  let waitingFor = Atomic<UInt>(0)
  /// Where it spins.
  let waitingSite = Atomic<UInt32>(0)
  /// 1 once its code came to its end; natively only that.
  let hasEnded = Atomic<UInt32>(0)
  /// When it began to wait, in ticks; without timing, when the wait turned long; 0 until then.
  let waitingSince = Atomic<UInt64>(0)
  /// The word of the lock at its last looks in a long wait, and since when each look saw that.
  let seenHolder = Atomic<UInt32>(0)
  let seenHolderSince = Atomic<UInt64>(0)
  /// The answer to `Attention.locate`: site, context in the third byte, the top bit set.
  let located = Atomic<UInt32>(0)

  /// True if a context has something that a schedule does not begin with: seeded streams, requests,
  /// findings.
  var hasUsedContexts = false
  /// True if anything of the following was counted by the CPU itself.
  var hasCounts = false
  var interruptsOffSince: UInt64 = 0
  var interruptsOffTicksMax: UInt64 = 0
  /// Where they were turned off last, and where for the longest time.
  var interruptsOffSite: UInt16 = 0
  var interruptsOffSiteOfMax: UInt16 = 0
  var interruptsDelivered: InlineArray<5, UInt64> = .init(repeating: 0)
  var interruptsDeferred: InlineArray<5, UInt64> = .init(repeating: 0)
  var softirqsRun: UInt64 = 0
  /// Interrupts by signal, at the end that takes them.
  var interruptsReceived: InlineArray<5, UInt64> = .init(repeating: 0)
  /// Interrupts by signal, at the end that sends them; written by senders alone.
  let interruptsSent = InlineArray<5, Atomic<UInt64>> { _ in Atomic(0) }
  /// Those of them that found one of the same source not yet taken, and came as one with it.
  let interruptsCoalesced = InlineArray<5, Atomic<UInt64>> { _ in Atomic(0) }

  /// `pointsLeft` where no interrupt comes at points: more than any run passes.
  static var pointsWithoutEnd: Int64 { .max }

  init(
    id: Int, contexts: UnsafeMutablePointer<ContextRecord>,
    shared: UnsafeMutablePointer<MachineShared>
  ) {
    self.id = UInt32(id)
    self.contexts = contexts
    own = contexts
    ownCounters = contexts.pointee.counters
    ownLocks = contexts.pointee.locks
    self.shared = shared
    enter(.task)
  }

  /// Seeds the streams of a context, when the first of them is drawn from.
  @inline(never) mutating func seedStreams(_ context: ContextKind) {
    hasUsedContexts = true
    contexts[Int(context.rawValue)].seedStreams(shared.pointee.streamSeed(cpu: id, context))
  }

  /// Forgets streams, requests and findings of all contexts; what was counted stays.
  mutating func forgetContexts() {
    for context in 0..<4 { contexts[context].beginSchedule() }
    hasUsedContexts = false
  }

  /// Makes `kind` what runs on the CPU.
  ///
  /// In this order: a signal in between puts back what goes with the new context.
  mutating func enter(_ kind: ContextKind) {
    pt_compiler_barrier()
    context = kind
    pt_compiler_barrier()
    own = contexts + Int(kind.rawValue)
    ownCounters = own.pointee.counters
    ownLocks = own.pointee.locks
    holder = id &+ 1 | UInt32(kind.rawValue) << 16
    pt_compiler_barrier()
  }
}

/// A virtual CPU and the site it is at.
///
/// Safe because the record lives as long as its machine, and only the thread that runs the CPU, or
/// code on it that interrupts it, is handed the value.
@safe public struct CPU: @unchecked Sendable {
  let record: UnsafeMutablePointer<CPURecord>
  /// Where the code is; set by `at(_:)`, passed down with the CPU.
  public let site: Site
  /// True in code that found on its way in that nobody wants to come in between.
  let skipsPoints: Bool

  @inline(__always)
  init(record: UnsafeMutablePointer<CPURecord>, site: Site, skipsPoints: Bool = false) {
    self.record = record
    self.site = site
    self.skipsPoints = skipsPoints
  }

  /// The same CPU, at another site.
  @inline(__always) public func at(_ site: Site) -> CPU {
    CPU(record: record, site: site, skipsPoints: skipsPoints)
  }

  /// True if nobody wants to come in between: no points delivery, no simulation, no halt.
  @inline(__always) public var maySkipPoints: Bool {
    record.pointee.attention.load(ordering: .relaxed) == 0
  }

  /// The same CPU for a short operation that asks `maySkipPoints` once: the compiler makes a copy
  /// of the operation's code without its points.  Never for code that loops without bound.
  @inline(__always) public var skippingPoints: CPU {
    CPU(record: record, site: site, skipsPoints: true)
  }

  /// The same CPU for whatever is long or rare.
  @inline(__always) public var takingPoints: CPU { CPU(record: record, site: site) }

  /// The number of the CPU, 0 ..< cpus.
  @inline(__always) public var id: Int { Int(record.pointee.id) }

  /// What runs on it.
  @inline(__always) public var context: ContextKind { record.pointee.context }

  /// True in a hardirq, a softirq or an NMI.
  @inline(__always) public var inInterrupt: Bool { record.pointee.context != .task }

  @inline(__always) var own: UnsafeMutablePointer<ContextRecord> { record.pointee.own }

  /// A scheduling point before an operation on `bytes` bytes at `object`.
  @inline(__always) func point(
    _ kind: PointKind, _ object: UnsafeMutableRawPointer?, _ bytes: Int = 8
  ) {
    if skipsPoints { return }
    let attention = record.pointee.attention.load(ordering: .relaxed)
    if attention == 0 { return }
    if attention == Attention.points && (kind.isNote || !isLastPoint()) { return }
    pt_hook_call(record.pointee.hook, record, Self.pack(kind, site, bytes), object)
  }

  /// Counts a point; true if an interrupt comes here.
  @inline(__always) private func isLastPoint() -> Bool {
    record.pointee.pointsLeft &-= 1
    return _slowPath(record.pointee.pointsLeft == 0)
  }

  /// Runs code that passes so many points, no more and no less: all counted at once, and a copy of
  /// the code without them, where nothing comes at any of them.
  @inline(__always) public func passing<Result>(
    _ points: Int, _ body: (CPU) -> Result
  ) -> Result {
    if !skipsPoints && mayPass(points) { return body(skippingPoints) }
    return body(self)
  }

  /// Counts so many points; false, and none counted, if something may come at one of them.
  @inline(__always) private func mayPass(_ points: Int) -> Bool {
    let attention = record.pointee.attention.load(ordering: .relaxed)
    if attention == 0 { return true }
    let left = record.pointee.pointsLeft
    if attention != Attention.points || left <= points { return false }
    record.pointee.pointsLeft = left &- Int64(points)
    return true
  }

  /// A point before a plain read, which a simulated machine often need not know of.
  @inline(__always) func readPoint(_ object: UnsafeMutableRawPointer, _ bytes: Int) {
    if skipsPoints { return }
    let attention = record.pointee.attention.load(ordering: .relaxed)
    if attention & ~Attention.simulated == 0 { return }
    if attention == Attention.points && !isLastPoint() { return }
    pt_hook_call(record.pointee.hook, record, Self.pack(.plainRead, site, bytes), object)
  }

  @inline(__always) static func pack(_ kind: PointKind, _ site: Site, _ bytes: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: bytes) << 32 | UInt64(kind.rawValue) << 16 | UInt64(site.rawValue)
  }

  /// Gives others a turn: the body of a loop that waits for another CPU.
  public func relax() {
    if record.pointee.attention.load(ordering: .relaxed) & Attention.simulated == 0 { pt_yield() }
    point(.relax, nil)
  }

  /// Counts something.
  @inline(__always) public func count(_ counter: CounterID, _ amount: Int = 1) {
    record.pointee.ownCounters[Int(counter.rawValue)] &+= UInt64(truncatingIfNeeded: amount)
  }

  /// What this context has counted so far.
  public func counted(_ counter: CounterID) -> UInt64 {
    own.pointee.counters[Int(counter.rawValue)]
  }

  /// A draw in `0 ..< bound` from one of the context's streams.
  @inline(__always) public func draw(_ stream: StreamKind, below bound: Int) -> Int {
    if !own.pointee.areStreamsSeeded { record.pointee.seedStreams(context) }
    switch stream {
    case .workload: return own.pointee.workloadStream.below(bound)
    case .interrupt: return own.pointee.interruptStream.below(bound)
    case .allocator: return own.pointee.allocatorStream.below(bound)
    }
  }

  /// Starts the workload stream of one operation.
  ///
  /// Each operation has its own stream, so that how many draws one made, which may depend on what
  /// it got, does not change what the next one asks for.
  public func beginOperation(_ index: UInt64, seed: UInt64) {
    if !own.pointee.areStreamsSeeded { record.pointee.seedStreams(context) }
    own.pointee.workloadStream = RandomStream(seed: SplitMix64.split(seed, index))
  }

  /// Chains a request into the context's hash of all it asked for.
  public func noteRequest(_ word: UInt64) {
    record.pointee.hasUsedContexts = true
    let mixed = (own.pointee.requestHash ^ word) &* 0x9E37_79B9_7F4A_7C15
    own.pointee.requestHash = mixed ^ (mixed >> 29)
  }

  /// Notes the time since `start` in the context's histogram `index`; nothing unless `timing`.
  @inline(__always) public func noteLatency(_ index: Int, since start: UInt64) {
    if record.pointee.statistics == .timing {
      own.pointee.latencies[index].note(pt_ticks() &- start)
    }
  }

  /// The clock in ticks; 0 unless statistics are `timing`.
  @inline(__always) public var ticks: UInt64 {
    record.pointee.statistics == .timing ? pt_ticks() : 0
  }
}
