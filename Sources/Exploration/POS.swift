// POS, partial order sampling: every announced operation has a random priority, drawn anew when an
// operation that it races with goes first.  Who gives way comes after all others.
//
// Strong where two racing operations are near each other; weak where one CPU must wait for many
// operations of another.

import Machine

/// Runs the announced operation of the highest random priority.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class POS: ScheduleStrategy {
  private var stream = RandomStream(seed: 0)
  private var priorities = RandomPriorities()
  /// CPUs whose announced operation has its priority.
  private var drawn = CPUSet()

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    drawn = CPUSet()
    priorities.begin()
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.lastYielded { giveWay(view.current) }
    drawMissing(view.unfinished)
    let cpu = priorities.highest(view.enabled)
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

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) {
    if view.lastYielded { giveWay(view.current) }
    drawn.remove(Int(delivery.cpu))
  }

  private func giveWay(_ cpu: Int) {
    priorities.giveWay(cpu)
    drawn.insert(cpu)
  }

  @inline(__always) private func drawMissing(_ cpus: CPUSet) {
    var missing = cpus.bits & ~drawn.bits
    drawn.bits |= missing
    while missing != 0 {
      priorities.draw(missing.trailingZeroBitCount, &stream)
      missing &= missing &- 1
    }
  }
}
