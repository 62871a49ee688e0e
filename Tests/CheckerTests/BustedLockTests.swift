// A trylock that always succeeds lets an interrupt into lists that its CPU is editing.

import Machine
import PageAllocator
import Testing

/// Takes pages and gives them back, as a driver does in its interrupt.
private final class TakingHandler: InterruptHandler {
  private let allocator: PageAllocator

  init(_ allocator: PageAllocator) { self.allocator = allocator }

  override func handle(_ cpu: CPU) {
    guard let first = allocator.allocatePages(cpu, order: .zero, .atomic) else { return }
    let second = allocator.allocatePages(cpu, order: .zero, .atomic)
    // In the order taken, so that the list is another one afterwards.
    allocator.freePages(cpu, first, order: .zero)
    if let second { allocator.freePages(cpu, second, order: .zero) }
  }
}

@Suite("Busted pcp lock")
struct BustedLockTests {
  /// One CPU that takes and gives back pages while interrupts come at its points.
  private func run(_ judged: JudgedAllocator) {
    judged.machine.setHandler(TakingHandler(judged.allocator), for: .nic)
    // More than the handler has points of its own, else the CPU drowns in interrupts.
    judged.machine.setPointsBetween(.nic, 400)
    let allocator = judged.allocator
    let (slots, arena) = judged.slots(16)
    _ = NativeMachine(judged.machine).run(limits: NativeLimits()) { cpu in
      for _ in 0..<400 {
        for slot in 0..<16 { slots[slot] = allocator.allocatePages(cpu, order: .zero, .kernel) }
        for slot in 0..<16 {
          if let frame = slots[slot] { allocator.freePages(cpu, frame, order: .zero) }
        }
      }
    }
    withExtendedLifetime(arena) {}
  }

  @Test("an interrupt that respects the lock breaks nothing")
  func clean() {
    let judged = JudgedAllocator(cpus: 1)
    run(judged)
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.machine.total(AllocatorCounter.pathPcpTrylockFailed.id) > 0)
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("the seeded bug busted-pcp-lock is found")
  func busted() {
    let judged = JudgedAllocator(cpus: 1, bugs: [.bustedPCPLock])
    run(judged)
    #expect(!Set(judged.rulesOfCPUs).isDisjoint(with: SeededBug.bustedPCPLock.record.rules))
  }
}
