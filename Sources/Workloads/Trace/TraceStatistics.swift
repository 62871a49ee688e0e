// What the model did while a recording was replayed, counted as the kernel's tracepoints count.

import Machine
import PageAllocator

/// Counts pages taken and drained under the zone lock, and fallbacks, by zone.
public final class TraceStatistics: TracepointSubscriber {
  private let allocator: PageAllocator
  private let replay: TraceReplay
  private let counts: Table<Int>
  private let arena: Arena
  private static let stride = 4

  /// A counter for the CPUs of `replay`.
  public init(_ allocator: PageAllocator, _ replay: TraceReplay, cpuCount: Int) {
    self.allocator = allocator
    self.replay = replay
    let size = cpuCount * 4 * allocator.zoneCount * Self.stride
    arena = Arena(byteCount: Arena.byteCount(of: Int.self, count: size))
    counts = arena.table(of: Int.self, count: size)
  }

  public override var kinds: [TracepointKind] { [.zoneLocked, .drained, .fellBack] }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    if !replay.counts(cpu) { return }
    let zone = allocator.frameState(event.frame).zone
    let context = cpu.id * 4 + Int(cpu.context.rawValue)
    let base = (context * allocator.zoneCount + zone) * Self.stride
    switch event.kind {
    case .zoneLocked: counts[base] += event.order.pages
    case .drained: counts[base + 1] += event.order.pages
    default: counts[base + 2] += 1
    }
  }

  /// Pages taken, pages drained, fallback events of a zone, at rest.
  public func totals(zone: Int) -> (taken: Int, drained: Int, fallbacks: Int) {
    var sum = (taken: 0, drained: 0, fallbacks: 0)
    for context in 0..<counts.count / (allocator.zoneCount * Self.stride) {
      let base = (context * allocator.zoneCount + zone) * Self.stride
      sum.taken += counts[base]
      sum.drained += counts[base + 1]
      sum.fallbacks += counts[base + 2]
    }
    return sum
  }
}
