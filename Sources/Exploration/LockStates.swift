// Who held which lock when a schedule ended, since which step, and who waited: read off its steps.

import Machine
import MachineChecks

/// A lock that somebody held, or waited for, when a schedule ended.
public struct LockAtEnd: Equatable, Sendable {
  /// A CPU that waits for it.
  public struct Waiter: Equatable, Sendable {
    /// The CPU.
    public var cpu: Int
    /// Where it waits.
    public var site: String
  }

  /// The lock: its class and which of the class.
  public var name: String
  /// The step that took it; nil if it is free, or was taken before the first step kept.
  public var taken: TraceStep?
  /// Who waits for it.
  public var waiters: [Waiter]
}

extension ScheduleTrace {
  /// The locks held or waited for at the end, in the order in which they were taken.
  public var locksAtEnd: [LockAtEnd] {
    var locks: [LockAtEnd] = []
    for step in steps {
      switch step.kind {
      case .lock where step.succeeds, .tryLock where step.succeeds:
        locks.append(LockAtEnd(name: step.object, taken: step, waiters: []))
      case .unlock: locks.removeAll { $0.name == step.object }
      default: break
      }
    }
    for cpu in atEnd {
      guard let name = cpu.waitsFor, isLock(name) else { continue }
      let waiter = LockAtEnd.Waiter(cpu: cpu.cpu, site: cpu.site)
      if let index = locks.firstIndex(where: { $0.name == name }) {
        locks[index].waiters.append(waiter)
      } else {
        locks.append(LockAtEnd(name: name, taken: nil, waiters: [waiter]))
      }
    }
    return locks
  }

  private func isLock(_ name: String) -> Bool {
    steps.contains { $0.object == name && ($0.kind == .lock || $0.kind == .tryLock) }
  }

  /// The cycle of a deadlock, a sentence for each edge; for each wait, be it for a lock or not, if
  /// there is no cycle.  Empty if nobody waits for a lock.
  public var deadlockSentences: [String] {
    let locks = locksAtEnd
    let waits = locks.flatMap { lock in
      lock.waiters.map { waiter in
        LockWait(
          cpu: waiter.cpu, site: waiter.site, lock: lock.name, holder: lock.taken?.cpu,
          holderContext: "\(lock.taken?.context ?? .task)", holderSite: lock.taken?.site ?? "")
      }
    }
    let cycle = WaitForGraph(waits).cycle
    let told = cycle.isEmpty ? waits.sorted { $0.cpu < $1.cpu } : cycle
    let sentences = told.map { wait in
      let start = "CPU \(wait.cpu) waits for \(wait.lock) in \(wait.site)"
      guard let taken = locks.first(where: { $0.name == wait.lock })?.taken else {
        return start + ", which is free by now"
      }
      let owner = taken.cpu == wait.cpu ? "it took itself" : "CPU \(taken.cpu) took"
      return start + ", which \(owner) at step \(taken.number) in \(taken.site) (\(taken.context))"
    }
    if sentences.isEmpty || !cycle.isEmpty { return sentences }
    return sentences + waitSentences
  }

  /// What CPUs wait for that is no lock, a sentence each.
  public var waitSentences: [String] {
    atEnd.compactMap { cpu in
      guard let name = cpu.waitsFor, !isLock(name) else { return nil }
      return "CPU \(cpu.cpu) waits for \(name) in \(cpu.site)"
    }
  }
}

/// Two accesses to one object of which the order was left to chance.
public struct RacePair: Equatable, Sendable {
  /// The earlier.
  public var first: TraceStep
  /// The later.
  public var second: TraceStep

  /// The access at a position of a trace and the last one before it, by another CPU or context,
  /// that conflicts with it; nil if there is none.
  public init?(endingAt position: Int, of trace: ScheduleTrace) {
    guard trace.steps.indices.contains(position), trace.steps[position].kind.isAccess else {
      return nil
    }
    second = trace.steps[position]
    let second = second
    let before = trace.steps[..<position].last { step in
      step.object == second.object && step.kind.isAccess
        && (step.kind.writes || second.kind.writes)
        && (step.cpu != second.cpu || step.context != second.context)
    }
    guard let before else { return nil }
    first = before
  }
}
