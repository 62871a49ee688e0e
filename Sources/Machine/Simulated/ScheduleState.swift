// The state of the schedule that a simulated machine runs: who announced what, who can go on, how
// far it got.  One record in raw memory, because it is read and written at every point.

import CMachine
import Synchronization

/// A simulated CPU.
struct SimulatedCPU {
  var fiber: Fiber
  /// What it announced: as packed by `CPU.pack`, and the object's address.
  var packed: UInt64 = 0
  var object: UnsafeMutableRawPointer?
  /// Virtual time at which its sleep is over.
  var deadline: UInt64 = 0
  /// Points that it passed, interrupts that came to it among them.
  var localPoints: UInt32 = 0
  /// An interrupt to run before the announced operation: source + 1, or 0.
  var delivery: UInt8 = 0

  @inline(__always) var kind: PointKind { PointKind(packed: packed) }
}

extension PointKind {
  /// The kind in a word made by `CPU.pack`.
  @inline(__always) init(packed: UInt64) {
    self = unsafeBitCast(UInt8(truncatingIfNeeded: packed &>> 16), to: PointKind.self)
  }
}

/// The state of one schedule.
struct ScheduleState: ~Copyable {
  /// What a point does.
  enum Mode {
    /// Nothing runs, or one CPU by itself: writes are noted, nothing is scheduled.
    case alone
    /// Others may come first.
    case scheduling
  }

  let cpus: UnsafeMutablePointer<SimulatedCPU>
  let records: UnsafeMutablePointer<CPURecord>
  let shared: UnsafeMutablePointer<MachineShared>
  let arenaBase: UnsafeMutableRawPointer
  let arenaByteCount: Int
  let cpuCount: Int
  let thread: Fiber
  var mode = Mode.alone
  var skipsPlain = true
  /// The CPU whose code runs.
  var running = 0
  var current = -1
  /// CPUs that can execute what they announced, and how many: change by `enable` and `disable`.
  var enabled = CPUSet()
  var enabledCount = 0
  var unfinished = CPUSet()
  var finished = CPUSet()
  var sleeping = CPUSet()
  /// CPUs with interrupts on.
  var interruptible = CPUSet()
  var budget: InlineArray<4, Int> = .init(repeating: 0)
  var budgetLeft = 0
  var points = 0
  var pointsMax = 0
  /// Points after which everybody gets a fair turn, whatever the strategy.
  var fairAfter = 0
  /// True if the strategy chooses even then.
  var decidesToTheEnd = false
  var livelockPoints = 0
  var progressAt = 0
  /// Virtual time: a tick a point, and what sleepers let pass.
  var now: UInt64 = 0
  var hash: UInt64 = 0
  var lastYielded = false
  var last = Operation(kind: .relax, bytes: 0, site: 0, object: 0)
  var end = ScheduleEnd.complete
  var touched: TouchedLines
  /// Seed of the fair turns at the end; the stream starts when they do.
  var fairSeed: UInt64 = 0
  var fairStream: RandomStream?
  var strategy: Unmanaged<ScheduleStrategy>
  var program: Unmanaged<SimulatedProgram>?
  var observers: InlineArray<8, Unmanaged<ScheduleObserver>?> = .init(repeating: nil)
  var observerCount = 0
  /// Observers of operations and of choices, a bit each.
  var operationObservers: UInt8 = 0
  var choiceObservers: UInt8 = 0
  /// The fiber to go back to once a CPU that was just started has announced its first operation.
  var starter: Fiber?
}

// Of the pointer, not of the record: a call of a method of the record may copy all of it.
extension UnsafeMutablePointer<ScheduleState> {
  @inline(__always) func enable(_ cpu: Int) {
    if pointee.enabled.contains(cpu) { return }
    pointee.enabled.insert(cpu)
    pointee.enabledCount &+= 1
  }

  @inline(__always) func disable(_ cpu: Int) {
    if !pointee.enabled.contains(cpu) { return }
    pointee.enabled.remove(cpu)
    pointee.enabledCount &-= 1
  }

  /// What a CPU announced.
  @inline(__always) func operation(announcedBy cpu: Int) -> Operation {
    operation(pointee.cpus[cpu].packed, pointee.cpus[cpu].object)
  }

  @inline(__always) func operation(
    _ packed: UInt64, _ object: UnsafeMutableRawPointer?
  ) -> Operation {
    let kind = PointKind(packed: packed)
    var number: UInt64 = 0
    if let object {
      let distance = UnsafeRawPointer(pointee.arenaBase).distance(to: UnsafeRawPointer(object))
      number = UInt64(
        truncatingIfNeeded: kind.isAboutMemory ? distance &+ 1 : Int(bitPattern: object))
    }
    return Operation(
      kind: kind, bytes: UInt8(truncatingIfNeeded: packed &>> 32),
      site: UInt16(truncatingIfNeeded: packed), object: number)
  }

  /// True if an interrupt may come somewhere.
  @inline(__always) func mayInterrupt() -> Bool {
    if pointee.budgetLeft > 0 { return pointee.interruptible.bits & pointee.unfinished.bits != 0 }
    return pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) != 0 && hasRemote()
  }

  private func hasRemote() -> Bool {
    InterruptSource.allCases.contains { !deliverable($0).isEmpty }
  }

  func deliverable(_ source: InterruptSource) -> CPUSet {
    let able = CPUSet(bits: pointee.interruptible.bits & pointee.unfinished.bits)
    if pointee.budget[source.rawValue] > 0 { return able }
    if pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) == 0 { return CPUSet() }
    var sent = CPUSet()
    able.visit { cpu in
      let bits = pointee.records[cpu].remoteInterrupts.load(ordering: .relaxed)
      if bits & (1 << UInt32(source.rawValue)) != 0 { sent.insert(cpu) }
    }
    return sent
  }

}

extension SpinLockRecord {
  /// True if the lock at an address is taken.
  @inline(__always) static func isTaken(_ lock: UnsafeMutableRawPointer) -> Bool {
    lock.assumingMemoryBound(to: SpinLockRecord.self).pointee.word.load(ordering: .relaxed) != 0
  }
}
