// A signal in the middle of the per-CPU lists' section: its handler allocates and frees beside it.

import Machine
import PageAllocator
import Testing

/// Interrupts its own CPU at each page that a task's bulk call takes, under the lock of the lists.
private final class SignalAtEachPage: TracepointSubscriber {
  override var kinds: [TracepointKind] { [.allocated] }

  override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    if cpu.context == .task { cpu.interruptCPU(cpu.id) }
  }
}

/// Takes a page and gives it back.
private final class OnePage: InterruptHandler {
  private let allocator: PageAllocator

  init(_ allocator: PageAllocator) { self.allocator = allocator }

  override func handle(_ cpu: CPU) {
    guard let frame = allocator.allocatePages(cpu, order: .zero, .atomic) else { return }
    allocator.freePages(cpu, frame, order: .zero)
  }
}

@Suite("Signals in the allocator")
struct SignalledAllocatorTests {
  private static let pages = 48

  /// One CPU that fills and empties an array in bulk, a signal at each page.
  private func run(_ judged: JudgedAllocator) -> NativeOutcome {
    let allocator = judged.allocator
    judged.machine.setSignals(perSecond: 1)
    judged.machine.setHandler(OnePage(allocator), for: .interProcessor)
    let subscriber = SignalAtEachPage()
    allocator.subscribe(subscriber)
    let (slots, arena) = judged.slots(Self.pages)
    defer { withExtendedLifetime((arena, subscriber)) {} }
    return NativeMachine(judged.machine).run(limits: NativeLimits()) { cpu in
      for _ in 0..<20 {
        slots.clear()
        let filled = allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: Self.pages)
        allocator.freePagesBulk(cpu, slots, count: filled)
      }
    }
  }

  @Test("a handler that finds the lists taken goes to the zone, and breaks nothing")
  func listsTaken() {
    let judged = JudgedAllocator(cpus: 1)
    #expect(run(judged).stuck.isEmpty)
    #expect(judged.rulesOfCPUs == [])
    let counts = judged.machine.interrupts(.interProcessor)
    #expect(counts.sent == UInt64(20 * Self.pages))
    #expect(counts.delivered == counts.sent && counts.deferred == 0)
    // Each handler tried the lock twice, to allocate and to free, and in vain.
    for path in [AllocatorCounter.pathPcpTrylockFailed, .pathPcpFreeTrylockFailed] {
      #expect(
        judged.machine.counted(path.id, cpu: 0, context: .hardirq) == counts.delivered)
      #expect(judged.machine.counted(path.id, cpu: 0, context: .task) == 0)
    }
    #expect(judged.rulesAtEnd() == [])
  }
}
