// The lists of one CPU in one zone while the CPU holds them: the one door to what lies on them.
//
// Rule    Only holding makes a `HeldLists`, and releasing ends it, so code that does not hold lists
//         cannot touch them.  The zone lock nests inside, interrupts off.

import Machine

/// Proof that the lists are the caller's.
struct HeldLists<P: ListProtection>: ~Copyable {
  let zone: Zone
  let pcp: PerCPUPages
  let hold: P.Hold

  @inline(always) fileprivate init(_ zone: Zone, _ pcp: PerCPUPages, _ hold: P.Hold) {
    self.zone = zone
    self.pcp = pcp
    self.hold = hold
  }
}

extension PageAllocator {
  /// Takes this CPU's lists in a zone; nil if another context has them.
  @inline(always) func tryHold<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _: P.Type
  ) -> HeldLists<P>? {
    guard let hold = P.tryTake(cpu, pcp, self) else { return nil }
    let held = HeldLists<P>(zone, pcp, hold)
    doWork(cpu, on: held)
    return held
  }

  /// Takes the lists of a CPU that the protection lets this one take, waiting for them.  Only from
  /// a task.
  @inline(always) func hold<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _: P.Type
  ) -> HeldLists<P> {
    let held = HeldLists<P>(zone, pcp, P.take(cpu, pcp, self))
    doWork(cpu, on: held)
    return held
  }

  /// Lets the lists go.
  @inline(always) func release<P: ListProtection>(_ cpu: CPU, _ held: consuming HeldLists<P>) {
    P.release(cpu, held.pcp, held.hold, self)
  }

  /// Lets the lists go and tries them anew, so that an interrupt or a drain gets its turn; nil if
  /// they are another context's now.
  @inline(always) func takeTurns<P: ListProtection>(
    _ cpu: CPU, _ held: consuming HeldLists<P>
  ) -> HeldLists<P>? {
    let (zone, pcp) = (held.zone, held.pcp)
    release(cpu, held)
    return tryHold(cpu, zone, pcp, P.self)
  }

  /// The bug `stale-pcp-after-unlock`: lists that were let go, as if they were still held.
  @inline(never) func stale<P: ListProtection>(
    _ zone: Zone, _ pcp: PerCPUPages, _ hold: P.Hold, _: P.Type
  ) -> HeldLists<P>? {
    has(.stalePCPAfterUnlock) ? HeldLists(zone, pcp, hold) : nil
  }
}
