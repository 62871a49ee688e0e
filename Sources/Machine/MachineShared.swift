// What all CPUs of a machine share besides the modelled memory: who is there, who handles what.

import CMachine
import Synchronization

/// Written before the CPUs start; later only the atomics change.
struct MachineShared: ~Copyable {
  var records: UnsafeMutablePointer<CPURecord>
  /// 1 once a finding, a time-out or the user ended the run early.
  let halted = Atomic<UInt32>(0)
  /// 1 when workers should come to their end: the time is up, or the user asked.
  let stopping = Atomic<UInt32>(0)
  /// 1 once a CPU sent an interrupt to another: the simulated machine then looks for them.
  let remoteInterruptsSent = Atomic<UInt32>(0)
  /// 1 once a CPU recorded a finding.
  let found = Atomic<UInt32>(0)
  /// What the streams of all contexts are made from.
  var streamSeed: UInt64 = 0
  var cpuCount: Int
  var handlers: InlineArray<5, Unmanaged<InterruptHandler>?> = .init(repeating: nil)
  var softirqHandlers: InlineArray<3, Unmanaged<InterruptHandler>?> = .init(repeating: nil)
  /// Who is told of the order of locks; nil for nobody.
  var lockObserver: Unmanaged<LockObserver>?
  /// Mean points between two interrupts of a source on one CPU; 0 if it is off.
  var pointsBetween: InlineArray<5, Int64> = .init(repeating: 0)
  /// True while CPUs run natively and take interrupts at their points.
  var deliversAtPoints = false
  /// Interrupts of all sources a second on one CPU, by signal; 0 if they come at points.
  var signalsPerSecond: Int = 0

  init(records: UnsafeMutablePointer<CPURecord>, cpuCount: Int) {
    self.records = records
    self.cpuCount = cpuCount
  }

  /// What the streams of one context are made from.
  func streamSeed(cpu: UInt32, _ context: ContextKind) -> UInt64 {
    streamSeed &+ (UInt64(cpu) &* 8 &+ UInt64(context.rawValue)) &* 0xD134_2543_DE82_EF95
  }

  /// Sends every CPU out of its code at its next point.
  func halt() {
    halted.store(1, ordering: .sequentiallyConsistent)
    for index in 0..<cpuCount {
      records[index].attention.bitwiseOr(Attention.halt, ordering: .sequentiallyConsistent)
    }
  }
}

extension CPU {
  /// True when workers should come to their end.
  @inline(__always) public var shouldStop: Bool {
    record.pointee.shared.pointee.stopping.load(ordering: .relaxed) != 0
  }

  /// How many CPUs the machine has.
  public var cpuCount: Int { record.pointee.shared.pointee.cpuCount }

  /// Records a finding and goes on.
  public func report(
    _ rule: Rule, _ kind: SubjectKind = .nothing, _ subject: Int = 0, _ evidence0: Int = 0,
    _ evidence1: Int = 0, _ evidence2: Int = 0, _ evidence3: Int = 0
  ) {
    let own = own
    for index in 0..<own.pointee.findingCount
    where own.pointee.findings[index].rule == rule.rawValue
      && own.pointee.findings[index].site == site.rawValue
    {
      own.pointee.findings[index].count &+= 1
      return
    }
    if own.pointee.findingCount == ContextRecord.findingCountMax {
      own.pointee.findingsDropped &+= 1
      return
    }
    own.pointee.findings[own.pointee.findingCount] = FindingRecord(
      rule: rule.rawValue, site: site.rawValue, cpu: UInt8(truncatingIfNeeded: id),
      context: context.rawValue, subjectKind: kind.rawValue, count: 1, subject: subject,
      evidence0: evidence0, evidence1: evidence1, evidence2: evidence2, evidence3: evidence3)
    own.pointee.findingCount += 1
    record.pointee.hasUsedContexts = true
    record.pointee.shared.pointee.found.store(1, ordering: .relaxed)
  }

  /// Records that the modelled program broke a rule after which going on means nothing.
  ///
  /// It ends a simulated schedule; natively all CPUs leave at their next point.  Never returns.
  public func bug(
    _ rule: Rule, _ kind: SubjectKind = .nothing, _ subject: Int = 0, _ evidence0: Int = 0,
    _ evidence1: Int = 0, _ evidence2: Int = 0, _ evidence3: Int = 0
  ) -> Never {
    report(rule, kind, subject, evidence0, evidence1, evidence2, evidence3)
    record.pointee.shared.pointee.halt()
    leave()
  }

  /// Leaves the CPU's code for good, also from the handler of a signal.
  func leave() -> Never {
    // A signal during the switch of stacks must find no CPU.
    pt_set_current_cpu(nil)
    guard let leave = record.pointee.leave else {
      fatalError("allocator code runs on a CPU that a machine started")
    }
    leave(record.pointee.leaveContext, 0, nil)
    fatalError("a CPU that left does not come back")
  }
}
