// POS, partial order sampling: every announced operation has a random priority, drawn anew when an
// operation that it races with goes first.  Who gives way comes after all others.
//
// Strong where two racing operations are near each other; weak where one CPU must wait for many
// operations of another.

import Machine

/// Runs the announced operation of the highest random priority.
public final class POS: ScheduleStrategy {
  private var stream = RandomStream(seed: 0)
  private var interrupts = InterruptInjection()
  private var priorities = InlineArray<64, UInt64>(repeating: 0)
  /// The last priority of a CPU that gave way: below all that are drawn, and below all before it.
  private var lowest: UInt64 = 0
  /// CPUs whose announced operation has its priority.
  private var drawn = CPUSet()

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    if view.isInterruptible { interrupts.begin(seed: seed) }
    drawn = CPUSet()
    lowest = 1 << 62
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.lastYielded { giveWay(view.current) }
    if view.isInterruptible, let delivery = interrupts.choose(view) {
      drawn.remove(Int(delivery.cpu))
      return delivery
    }
    drawMissing(view.unfinished)
    let cpu = highest(view.enabled)
    let operation = view.announced(cpu)
    drawn.remove(cpu)
    var others = drawn.bits & view.unfinished.bits
    while others != 0 {
      let other = others.trailingZeroBitCount
      if operation.conflicts(with: view.announced(other)) { drawn.remove(other) }
      others &= others &- 1
    }
    return ScheduleChoice(cpu: cpu)
  }

  private func giveWay(_ cpu: Int) {
    lowest &-= 1
    priorities[cpu] = lowest
    drawn.insert(cpu)
  }

  @inline(__always) private func drawMissing(_ cpus: CPUSet) {
    var missing = cpus.bits & ~drawn.bits
    drawn.bits |= missing
    while missing != 0 {
      priorities[missing.trailingZeroBitCount] = stream.next() | 1 << 63
      missing &= missing &- 1
    }
  }

  @inline(__always) private func highest(_ cpus: CPUSet) -> Int {
    var left = cpus.bits
    var best = left.trailingZeroBitCount
    left &= left &- 1
    while left != 0 {
      let cpu = left.trailingZeroBitCount
      if priorities[cpu] > priorities[best] { best = cpu }
      left &= left &- 1
    }
    return best
  }
}
