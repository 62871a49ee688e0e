// What holds for every value of every policy, and the CPU that sees to it.

import Machine
import Testing

@testable import PageAllocator

/// A claim about the allocator, as the calls of one CPU that show it.
///
/// The calls give back all that they get.  Other CPUs may do the same at the same time: what only
/// holds without them is claimed where `ConformanceCaller.isAlone`.
struct ConformanceClaim: Sendable, CustomTestStringConvertible {
  let name: String
  /// What a CPU by itself comes to: without these the claim would show nothing.
  let paths: [AllocatorCounter]
  let body: @Sendable (ConformanceCaller) -> Void

  init(
    _ name: String, paths: [AllocatorCounter],
    _ body: @escaping @Sendable (ConformanceCaller) -> Void
  ) {
    self.name = name
    self.paths = paths
    self.body = body
  }

  static let all = ofBlocks + ofReferences + ofBulkCalls + ofLists + ofContexts

  var testDescription: String { name }
}

/// A CPU that calls the allocator, and sees that each entry leaves interrupts as they were.
struct ConformanceCaller {
  let cpu: CPU
  unowned let test: ConformanceMachine
  /// Slots of its own, all empty.
  let slots: PageSlots

  var isAlone: Bool { test.isAlone }
  var policies: Policies { test.policies }

  /// Calls one entry.
  @discardableResult
  func callAsFunction<Result>(_ entry: (PageAllocator) -> Result) -> Result {
    let before = cpu.interruptsEnabled
    let result = entry(test.allocator)
    claim(cpu.interruptsEnabled == before, "an entry leaves interrupts as they were")
    return result
  }

  func claim(_ holds: Bool, _ text: @autoclosure () -> String) { test.claim(holds, text()) }

  /// A block, which has one reference; nil if other CPUs have the memory.
  func take(_ order: Int = 0, _ gfp: GFP = .kernel) -> PageFrameNumber? {
    let frame = self { $0.allocatePages(cpu, order: Order(order), gfp) }
    claim(frame != nil || !isAlone, "there is a block of order \(order)")
    guard let frame else { return nil }
    let state = state(frame)
    claim(frame.alignedDown(to: Order(order)) == frame, "a block of order \(order) is aligned")
    claim(state.isAllocated && state.references == 1, "a new block has one reference")
    claim(state.order.index == order, "a block is as large as asked")
    claim(state.isCompound == (order > 0 && gfp.contains(.compound)), "compound if asked for")
    return frame
  }

  func free(_ frame: PageFrameNumber, _ order: Int = 0) {
    self { $0.freePages(cpu, frame, order: Order(order)) }
  }

  /// A bulk call for the first `count` slots; the length of the filled prefix.
  ///
  /// Slots that were occupied stay as they are, and none behind `count` is touched.
  func fill(_ count: Int, _ gfp: GFP = .kernel) -> Int {
    let before = (0..<slots.count).map { slots[$0] }
    let filled = self { $0.allocatePagesBulk(cpu, gfp, into: slots, count: count) }
    claim(filled >= 0 && filled <= max(count, 0), "the answer is a length of the array")
    claim((0..<max(filled, 0)).allSatisfy { slots[$0] != nil }, "the answer is a filled prefix")
    for index in 0..<slots.count where before[index] != slots[index] {
      claim(before[index] == nil && index < filled, "slot \(index) was for the call to fill")
      let state = slots[index].map(state)
      claim(state?.references == 1 && state?.order == .zero, "a page of a bulk call is a page")
    }
    let held = (0..<slots.count).compactMap { slots[$0] }
    claim(Set(held).count == held.count, "no page is there twice")
    return filled
  }

  /// Takes blocks of orders 0 to 3 and frees them, so that this CPU's lists have some.
  func fillLists() {
    for index in 0..<8 { slots[index] = take(3 - index % 4, .kernel | .compound) }
    for index in 0..<8 {
      if let frame = slots[index] { free(frame, 3 - index % 4) }
      slots[index] = nil
    }
  }

  func state(_ frame: PageFrameNumber) -> FrameState { test.allocator.frameState(frame) }

  /// Pages on the lists of a CPU.
  func listed(_ id: Int) -> Int { test.allocator.perCPUState(cpu: id, zone: 0).count }

  /// The CPU whose lists this one looks after: the next, or itself if there is none.
  var neighbour: Int { (cpu.id + 1) % test.cpuCount }
}
