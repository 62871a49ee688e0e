// Interrupts of a virtual CPU: a soft mask with nesting, deferral, and softirqs after interrupts.
//
// Rule    A hardirq handler runs with interrupts off.  Softirqs run when the outermost hardirq that
//         interrupted a task is done, with interrupts on, and never inside each other.  Interrupts
//         are off before the context changes, and on again after it is back.  An NMI asks for
//         neither (`NonMaskable.swift`).

import CMachine
import Synchronization

/// Where interrupts come from.
public enum InterruptSource: Int, CaseIterable, Sendable {
  case nic, block, timer, interProcessor
  /// The one that cannot be turned off: it comes with interrupts off, too, and into a hardirq, but
  /// never while its CPU handles another.
  case nmi

  /// How many there are: as many as the `InlineArray`s by source have places.
  static var count: Int { 5 }

  /// The context of its handler.
  public var context: ContextKind { self == .nmi ? .nmi : .hardirq }

  /// Its name in configs and reports.
  public var name: String {
    switch self {
    case .nic: "nic"
    case .block: "block"
    case .timer: "timer"
    case .interProcessor: "ipi"
    case .nmi: "nmi"
    }
  }

  /// Each source whose bit is set, in order.  `allCases` would allocate, which a signal must not.
  @inline(__always) static func forEach(in bits: UInt32, _ body: (InterruptSource) -> Void) {
    for index in 0..<count where bits & (1 << UInt32(index)) != 0 {
      if let source = InterruptSource(rawValue: index) { body(source) }
    }
  }
}

/// Work that an interrupt leaves for right after it.
public enum SoftirqVector: Int, CaseIterable, Sendable {
  case network, block, timer

  /// How many there are.
  static var count: Int { 3 }
}

/// Code that runs when an interrupt comes.
///
/// `handle` runs on any CPU, in the context of its kind, cutting into whatever ran there.  It
/// touches only its own per-CPU state and state behind the seam; it neither allocates nor retains.
open class InterruptHandler {
  /// A handler that does nothing.
  public init() {}

  /// Handles the interrupt on `cpu`.
  open func handle(_ cpu: CPU) {}
}

extension CPU {
  /// Turns interrupts off; nests.
  @inline(__always) public func disableInterrupts() {
    point(.interruptDisable, nil)
    mask()
    if record.pointee.statistics == .timing && record.pointee.interruptDepth == 1 {
      record.pointee.interruptsOffSince = pt_ticks()
      record.pointee.interruptsOffSite = site.rawValue
    }
  }

  /// Undoes one `disableInterrupts`; at the outermost, what came meanwhile is delivered now.
  @inline(__always) public func enableInterrupts() {
    point(.interruptEnable, nil)
    if record.pointee.lockNotes > LockNotes.counts && record.pointee.interruptDepth == 1 {
      noteInterruptsOff()
    }
    unmask()
    if record.pointee.interruptDepth == 0 && hasPendingInterrupts { deliverPending() }
  }

  /// Turns interrupts off, neither a point nor measured.
  @inline(__always) func mask() {
    record.pointee.interruptDepth &+= 1
    pt_compiler_barrier()
  }

  /// Undoes one `mask`; what came meanwhile stays pending.
  @inline(__always) func unmask() {
    pt_compiler_barrier()
    record.pointee.interruptDepth &-= 1
    pt_compiler_barrier()
  }

  /// True if an interrupt can come now.
  @inline(__always) public var interruptsEnabled: Bool { record.pointee.interruptDepth == 0 }

  /// True if a softirq can run on this CPU as soon as it is raised by an interrupt.
  @inline(__always) public var softirqsEnabled: Bool {
    record.pointee.softirqDepth == 0 && record.pointee.context == .task
  }

  /// Judges the end of an operation of a task: interrupts and softirqs are on as before it.
  @inline(__always) public func judgeBalance() {
    if record.pointee.interruptDepth | record.pointee.softirqDepth != 0 { reportImbalance() }
  }

  @inline(never) private func reportImbalance() {
    bug(
      .interruptsUnbalanced, .nothing, 0, Int(record.pointee.interruptDepth),
      Int(record.pointee.softirqDepth))
  }

  @inline(__always) private var hasPendingInterrupts: Bool {
    record.pointee.pendingInterrupts.load(ordering: .relaxed) != 0
  }

  @inline(__always) private var hasPendingSoftirqs: Bool {
    record.pointee.pendingSoftirqs.load(ordering: .relaxed) != 0
  }

  /// Holds softirqs off; nests.  They run at the outermost `enableSoftirqs`.
  @inline(__always) public func disableSoftirqs() {
    record.pointee.softirqDepth &+= 1
    pt_compiler_barrier()
    point(.softirqDisable, nil)
  }

  /// Undoes one `disableSoftirqs`.
  public func enableSoftirqs() {
    point(.softirqEnable, nil)
    if record.pointee.lockNotes & LockNotes.order != 0 && record.pointee.softirqDepth == 1 {
      noteOrder(.softirqsOn, nil, 0)
    }
    pt_compiler_barrier()
    record.pointee.softirqDepth &-= 1
    pt_compiler_barrier()
    if record.pointee.softirqDepth == 0 && hasPendingSoftirqs
      && record.pointee.context == .task && interruptsEnabled
    {
      pt_hook_call({ record, _, _ in CPU(entering: record).runSoftirqs() }, record, 0, nil)
    }
  }

  /// Asks for softirq `vector` to run on this CPU once the hardirq is done.
  public func raiseSoftirq(_ vector: SoftirqVector) {
    record.pointee.pendingSoftirqs.bitwiseOr(1 << UInt32(vector.rawValue), ordering: .relaxed)
    point(.softirqRaise, nil)
  }

  /// Sends an inter-processor interrupt to CPU `target`: it comes at one of its next points, or
  /// with delivery by signal at once.
  public func interruptCPU(_ target: Int) {
    point(.atomic, nil)
    record.pointee.shared.pointee.remoteInterruptsSent.store(1, ordering: .relaxed)
    // By which a simulated machine learns of it.
    point(.interruptSend, UnsafeMutableRawPointer(bitPattern: target + 1))
    send(.interProcessor, to: record.pointee.shared.pointee.records + target)
  }

  @inline(never) private func noteInterruptsOff() {
    if record.pointee.lockNotes & LockNotes.order != 0 { noteOrder(.interruptsOn, nil, 0) }
    if record.pointee.lockNotes & LockNotes.timing == 0 { return }
    let ticks = pt_ticks() &- record.pointee.interruptsOffSince
    if ticks > record.pointee.interruptsOffTicksMax {
      record.pointee.hasCounts = true
      record.pointee.interruptsOffTicksMax = ticks
      record.pointee.interruptsOffSiteOfMax = record.pointee.interruptsOffSite
    }
  }

  @inline(never) private func deliverPending() {
    pt_hook_call({ record, _, _ in CPU(entering: record).runPending() }, record, 0, nil)
  }

  /// An interrupt of `source` has come: runs its handler, or leaves it for when they are on again.
  func interrupt(from source: InterruptSource) {
    if source == .nmi { return runNMI() }
    if record.pointee.interruptDepth != 0 { return deferInterrupt(source) }
    runHardirq(source)
    runPending()
  }

  /// Leaves an interrupt for when they are on again.
  func deferInterrupt(_ source: InterruptSource) {
    record.pointee.hasCounts = true
    record.pointee.interruptsDeferred[source.rawValue] &+= 1
    record.pointee.pendingInterrupts.bitwiseOr(1 << UInt32(source.rawValue), ordering: .relaxed)
  }

  /// Runs code as if an interrupt of this kind had come: a recording says where it ran.
  ///
  /// In `hardirq` and `nmi` interrupts are off.  From a context that the kind can interrupt.
  public func run(in kind: ContextKind, _ body: (CPU) -> Void) {
    let interrupted = record.pointee.context
    let masks = kind == .hardirq || kind == .nmi
    if masks { mask() }
    record.pointee.enter(kind)
    point(masks ? .interruptEnter : .softirqEnter, nil)
    body(self)
    point(masks ? .interruptExit : .softirqExit, nil)
    record.pointee.enter(interrupted)
    if !masks { return }
    unmask()
    if record.pointee.interruptDepth == 0 && hasPendingInterrupts { deliverPending() }
  }

  func runHardirq(_ source: InterruptSource) { runHandler(of: source) }

  /// Runs the handler of `source` in its context, interrupts off, and puts back what it cut into.
  func runHandler(of source: InterruptSource) {
    let entry = at(source == .nmi ? .nmiEntry : .interruptEntry)
    let interrupted = record.pointee.context
    mask()
    record.pointee.enter(source.context)
    record.pointee.hasCounts = true
    record.pointee.interruptsDelivered[source.rawValue] &+= 1
    entry.point(.interruptEnter, nil)
    if let handler = record.pointee.shared.pointee.handlers[source.rawValue] {
      handler._withUnsafeGuaranteedRef { $0.handle(entry) }
    }
    entry.point(.interruptExit, nil)
    record.pointee.enter(interrupted)
    unmask()
  }

  /// Delivers what came while interrupts were off, then softirqs if a task was interrupted.
  ///
  /// - Parameter inSignal: a signal's handler calls, whose softirqs other signals may interrupt.
  func runPending(inSignal: Bool = false) {
    // Each round handles what came during the one before; a bound keeps the CPU from drowning.
    var roundsLeft = 16
    while record.pointee.interruptDepth == 0 && hasPendingInterrupts && roundsLeft > 0 {
      let pending = record.pointee.pendingInterrupts.exchange(0, ordering: .relaxed)
      InterruptSource.forEach(in: pending) { runHardirq($0) }
      roundsLeft -= 1
    }
    if record.pointee.context == .task && record.pointee.softirqDepth == 0
      && hasPendingSoftirqs && record.pointee.interruptDepth == 0
    {
      runSoftirqs(inSignal: inSignal)
    }
  }

  func runSoftirqs(inSignal: Bool = false) {
    record.pointee.enter(.softirq)
    record.pointee.hasCounts = true
    at(.softirqEntry).point(.softirqEnter, nil)
    // Not before: a signal that finds a task would run softirqs, and unblock signals, in its turn.
    if inSignal { pt_signals_unblock() }
    var roundsLeft = 10
    while hasPendingSoftirqs && roundsLeft > 0 {
      let pending = record.pointee.pendingSoftirqs.exchange(0, ordering: .relaxed)
      for vector in 0..<SoftirqVector.count where pending & (1 << UInt32(vector)) != 0 {
        record.pointee.softirqsRun &+= 1
        if let handler = record.pointee.shared.pointee.softirqHandlers[vector] {
          handler._withUnsafeGuaranteedRef { $0.handle(at(.softirqEntry)) }
        }
      }
      roundsLeft -= 1
    }
    // What is raised faster than that waits for the next interrupt.
    if inSignal { pt_signals_block() }
    at(.softirqEntry).point(.softirqExit, nil)
    record.pointee.enter(.task)
  }
}

extension CPU {
  /// The CPU that a trampoline was called for.
  init(entering record: UnsafeMutableRawPointer?) {
    guard let record else { fatalError("a hook is called for a CPU") }
    self.init(record: record.assumingMemoryBound(to: CPURecord.self), site: .unknown)
  }
}
