// How the per-CPU lists are protected: a policy, with the kernel's schemes as its values.
//
// Models  pcp_spin_trylock(), pcp_spin_unlock(), mm/page_alloc.c, 7.3; local_lock_irqsave() of
//         pagesets.lock, 5.14; the uniprocessor wrappers of 7.0.
// Rule    `trylock`: interrupts stay on, so an interrupt may come while its CPU holds the lock: it
//         fails the trylock and goes to the buddy lists under the zone lock.  Drains of other CPUs'
//         lists, and decay, wait for the lock.
//         `irqDisable`: whoever uses lists has interrupts off, so nobody can be interrupted there.
//         5.14 emptied a CPU's lists by work on that CPU; here a lock keeps drains from outside
//         apart, and is waited for only while such a drain has it.
//         `uniprocessor`: no lock at all; interrupts off keeps the one CPU's contexts apart.
//
// Under the latter two the lock of `trylock` is retired: trying it fails, and what comes after a
// failure finds the policy.  So the policies cost a trylock that succeeds nothing.

import Machine

/// How the per-CPU lists are protected.
public enum PerCPUProtection: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// A lock that is tried with interrupts on; who finds it taken does without the lists.
  case trylock
  /// Interrupts off; taking the lists never fails.
  case irqDisable
  /// A lock that costs nothing, with interrupts off; for a machine of one CPU.
  case uniprocessor

  /// The name in configs.
  public var name: String { "\(self)" }
}

/// That the lists are ours; given back to `unlock`.
struct PerCPUHold: BitwiseCopyable {
  /// What there is to undo.
  enum Way: UInt8, BitwiseCopyable {
    case lock, lockAndInterrupts, interrupts
    /// The lists are somebody else's, too: a seeded bug.
    case nothing
  }

  let way: Way
}

extension PageAllocator {
  /// Takes this CPU's lists; nil if somebody has them.
  @inline(always) func tryLock(_ cpu: CPU, _ pcp: PerCPUPages) -> PerCPUHold? {
    if pcp.lock.tryLock(cpu) { return PerCPUHold(way: .lock) }
    return takeOtherwise(cpu, pcp)
  }

  @inline(always) func unlock(_ cpu: CPU, _ pcp: PerCPUPages, _ held: PerCPUHold) {
    if held.way == .lock { pcp.lock.unlock(cpu) } else { giveOtherwise(cpu, pcp, held) }
  }

  /// Takes the lists of any CPU, waiting for them: drains and decay.  Only from a task.
  func lock(_ cpu: CPU, _ pcp: PerCPUPages) -> PerCPUHold {
    if tunables.protection == .trylock {
      pcp.lock.lock(cpu)
      return PerCPUHold(way: .lock)
    }
    let isForgotten = tunables.protection == .uniprocessor && has(.uniprocessorTrylock)
    return isForgotten ? PerCPUHold(way: .nothing) : turnInterruptsOff(cpu, pcp)
  }

  /// The lock is taken, or retired.
  @inline(never) private func takeOtherwise(_ cpu: CPU, _ pcp: PerCPUPages) -> PerCPUHold? {
    if tunables.protection != .trylock { return turnInterruptsOff(cpu, pcp) }
    return has(.bustedPCPLock) ? PerCPUHold(way: .nothing) : nil
  }

  private func turnInterruptsOff(_ cpu: CPU, _ pcp: PerCPUPages) -> PerCPUHold {
    if tunables.protection == .uniprocessor {
      cpu.disableInterrupts()
      return PerCPUHold(way: .interrupts)
    }
    drainLock(pcp).lockIRQSave(cpu)
    return PerCPUHold(way: .lockAndInterrupts)
  }

  @inline(never) private func giveOtherwise(
    _ cpu: CPU, _ pcp: PerCPUPages, _ held: PerCPUHold
  ) {
    switch held.way {
    case .lock, .nothing: break
    case .lockAndInterrupts: drainLock(pcp).unlockIRQRestore(cpu)
    case .interrupts: cpu.enableInterrupts()
    }
  }

  /// Under `irqDisable`, what keeps a CPU and drains of its lists from outside apart.
  func drainLock(_ pcp: PerCPUPages) -> SpinLock { unsafe state.pointee.drainLocks[pcp.index] }
}
