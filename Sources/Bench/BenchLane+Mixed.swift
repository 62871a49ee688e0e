// The pattern `mixed`: blocks of orders 0 to 9, of which a random one is replaced by one of another
// order, with half of the memory in use.

import Machine
import PageAllocator

extension BenchLane {
  /// How many orders there are in the mix, each as likely as any other.
  static var mixedOrders: Int { 10 }

  /// Blocks that hold half of `frames` in the mean, for each of `lanes`.
  static func mixedBlocks(frames: Int, lanes: Int) -> Int {
    let pagesOfAllOrders = (1 << mixedOrders) - 1
    return max(frames / 2 / lanes * mixedOrders / pagesOfAllOrders, 1)
  }

  /// One replacement: which block, and by which order.
  private typealias Replacement = (slot: UInt32, order: UInt8)

  mutating func replaceBlocks() {
    let (side, slots, count) = (side, own, task.mixedBlocks)
    var orders = (0..<count).map { _ in UInt8(random.below(Self.mixedOrders)) }
    let script: [Replacement] = (0..<sizes.mixedPairs).map { _ in
      (UInt32(random.below(count)), UInt8(random.below(Self.mixedOrders)))
    }
    for index in 0..<count { slots[index] = side.take(Order(Int(orders[index]))) }
    time(0, script.count) {
      var failures = 0
      for step in script {
        let index = Int(step.slot)
        if let frame = slots[index] { side.give(frame, Order(Int(orders[index]))) }
        orders[index] = step.order
        let frame = side.take(Order(Int(step.order)))
        slots[index] = frame
        if frame == nil { failures += 1 }
      }
      return failures
    }
    for index in 0..<count {
      if let frame = slots[index] { side.give(frame, Order(Int(orders[index]))) }
    }
  }
}
