// Interrupts as signals: the native machine's `delivery: "signal"`.
//
// A sender sets the bit of a source in the target's word and, if the word was empty, signals the
// target's thread; the handler takes the word and runs the interrupts, at any instruction of the
// CPU's code.  So both ends count: what was sent either came, or found its bit still set.
//
// Rule    While a handler runs, signals are blocked, but for softirqs that it runs.  So a task, its
//         softirq and one hardirq are all that a stack ever holds.  With the soft mask on, or in
//         the middle of a library, whose locks it cannot know, a handler leaves all for later.

import CMachine
import Synchronization

extension Machine {
  /// Interrupts come as signals, so many a second on each CPU from all sources together, which
  /// share them as `setPointsBetween` says: the fewer points between two, the more often.  NMIs
  /// cannot: the handler of a signal waits for the soft mask, for another handler, for a library.
  ///
  /// - Parameter perSecond: 0 ... 10 000; 0 for interrupts at points.
  public func setSignals(perSecond: Int) {
    precondition((0...10_000).contains(perSecond), "0 to 10 000 signals a second on a CPU")
    shared.pointee.signalsPerSecond = perSecond
  }

  /// True if interrupts come as signals.
  var usesSignals: Bool { shared.pointee.signalsPerSecond > 0 }

  /// Leaves what was sent but not taken for the next time that interrupts are turned on; no CPU
  /// runs, and nothing is sent any more.
  func takeLateInterrupts() {
    for id in 0..<cpuCount {
      let record = records + id
      let sources = record.pointee.remoteInterrupts.exchange(0, ordering: .sequentiallyConsistent)
      InterruptSource.forEach(in: sources) { source in
        record.pointee.interruptsReceived[source.rawValue] &+= 1
        cpu(id).deferInterrupt(source)
      }
    }
  }
}

/// Makes signals interrupt the CPU of the thread that they come to.
func installSignals() {
  let status = pt_signals_install { record, inOwnCode in
    CPU(entering: record).takeSignal(inOwnCode: inOwnCode != 0)
  }
  precondition(status == 0, "a handler can be set for the signal")
}

extension CPU {
  /// Lets signals interrupt the calling thread, which runs the CPU, from here on.
  func openSignals() {
    pt_signals_open(record)
    record.pointee.signalThread.store(pt_thread_number(), ordering: .sequentiallyConsistent)
    // What was sent before anybody could be signalled.
    if record.pointee.remoteInterrupts.load(ordering: .sequentiallyConsistent) != 0 {
      pt_signal_here()
    }
  }

  /// Ends it, on the thread's own stack; also after the code was left.
  func closeSignals() {
    record.pointee.signalThread.store(0, ordering: .sequentiallyConsistent)
    pt_signals_close()
  }

  /// Sends an interrupt to a CPU.  One that a CPU sends to itself by signal it takes right here,
  /// if interrupts are on.
  func send(_ source: InterruptSource, to target: UnsafeMutablePointer<CPURecord>) {
    if !target.pointee.note(source) { return }
    let thread = target.pointee.signalThread.load(ordering: .sequentiallyConsistent)
    if thread == 0 { return }
    if target == record { pt_signal_here() } else { pt_signal_thread(thread) }
  }

  /// What a signal does; signals are blocked.
  func takeSignal(inOwnCode: Bool) {
    let sources = record.pointee.remoteInterrupts.exchange(0, ordering: .sequentiallyConsistent)
    InterruptSource.forEach(in: sources) { source in
      record.pointee.interruptsReceived[source.rawValue] &+= 1
      if inOwnCode && record.pointee.interruptDepth == 0 {
        runHardirq(source)
      } else {
        deferInterrupt(source)
      }
    }
    if !inOwnCode {
      record.pointee.attention.bitwiseOr(Attention.postponed, ordering: .relaxed)
    } else if record.pointee.interruptDepth == 0 {
      runPending(inSignal: true)
    }
  }

  /// Delivers what a signal in a library left for this point.
  func takePostponed() {
    record.pointee.attention.bitwiseAnd(~Attention.postponed, ordering: .relaxed)
    if record.pointee.interruptDepth == 0 { runPending() }
  }
}

extension CPURecord {
  /// Notes an interrupt sent to this CPU; with delivery by signal it is counted.
  ///
  /// - Returns: true if the CPU has to be signalled: it has not been told of another interrupt that
  ///   it has not taken yet.
  func note(_ source: InterruptSource) -> Bool {
    let bit = UInt32(1) << UInt32(source.rawValue)
    let before = remoteInterrupts.bitwiseOr(bit, ordering: .sequentiallyConsistent).oldValue
    if shared.pointee.deliversAtPoints {
      attention.bitwiseOr(Attention.remote, ordering: .releasing)
    }
    if shared.pointee.signalsPerSecond == 0 { return false }
    interruptsSent[source.rawValue].wrappingAdd(1, ordering: .relaxed)
    if before & bit != 0 {
      interruptsCoalesced[source.rawValue].wrappingAdd(1, ordering: .relaxed)
    }
    return before == 0
  }
}

/// When the next signal for each CPU is due, and from which source, by streams of the seed.
struct SignalSchedule: Sendable {
  /// Signals sent to one CPU in a row by a sender that was held up.
  private static let burstMax = 4

  private let machine: Machine
  private let meanNanoseconds: Int
  private var streams: [RandomStream]
  private var due: [UInt64]

  /// The schedule of all CPUs of `machine`, which are at rest; from time 0.
  init(_ machine: Machine) {
    self.machine = machine
    meanNanoseconds = 1_000_000_000 / max(machine.shared.pointee.signalsPerSecond, 1)
    streams = (0..<machine.cpuCount).map { id in
      // Not by way of the record: ThreadSanitizer would take that for a change of the record.
      let contexts = machine.records[id].contexts
      if !contexts[0].areStreamsSeeded {
        contexts[0].seedStreams(machine.shared.pointee.streamSeed(cpu: UInt32(id), .task))
      }
      return RandomStream(seed: contexts[0].interruptStream.next())
    }
    due = [UInt64](repeating: 0, count: machine.cpuCount)
    for id in due.indices { due[id] = gap(id) }
  }

  /// Sends what is due by `now`, in nanoseconds, to the CPUs that take signals.
  mutating func send(at now: UInt64) {
    for id in due.indices where due[id] <= now {
      let target = machine.records + id
      let thread = target.pointee.signalThread.load(ordering: .sequentiallyConsistent)
      var left = Self.burstMax
      while due[id] <= now && left > 0 {
        let source = machine.shared.pointee.drawSource(&streams[id])
        if thread != 0 && target.pointee.note(source) { pt_signal_thread(thread) }
        due[id] += gap(id)
        left -= 1
      }
      if due[id] <= now { due[id] = now + gap(id) }
    }
  }

  private mutating func gap(_ id: Int) -> UInt64 {
    UInt64(1 + streams[id].below(2 * meanNanoseconds - 1))
  }
}
