// Claims of bulk calls, in each state of their array.

import Machine

@testable import PageAllocator

extension ConformanceClaim {
  static let ofBulkCalls = [
    ConformanceClaim("a bulk call fills an empty array", paths: [.pathBulkBatch, .pgfree]) { call in
      for count in [2, 24, 60] {
        let filled = call.fill(count)
        call.claim(filled == count || !call.isAlone, "\(count) empty slots are filled")
        call.claim(filled > 0, "one page is there for each call")
        call { $0.releasePages(call.cpu, call.slots, count: filled) }
        call.slots.clear()
      }
      if !call.isAlone { return }
      let takesBlocks = call.policies.tunables.bulkSource == .blocks
      call.claim((call.test.total(.pathBulkBlock) > 0) == takesBlocks, "the source is as asked")
    },
    ConformanceClaim(
      "a bulk call fills the holes of an array, and leaves its pages", paths: [.pathBulkBatch]
    ) { call in
      for step in [2, 3, 7] {
        for index in stride(from: step - 1, to: 20, by: step) { call.slots[index] = call.take() }
        let filled = call.fill(20)
        call.claim(filled == 20 || !call.isAlone, "all holes are filled")
        call { $0.freePagesBulk(call.cpu, call.slots, count: 20) }
      }
    },
    ConformanceClaim(
      "a full array, and none at all, want nothing", paths: [.pathBulkFullOnEntry]
    ) { call in
      for count in [0, -1, Int.min] { call.claim(call.fill(count) == 0, "nothing is asked for") }
      for index in 0..<6 { call.slots[index] = call.take() }
      call.claim(call.fill(6) == 6 || !call.isAlone, "a full array is full")
      call { $0.freePagesBulk(call.cpu, call.slots, count: 6) }
    },
    ConformanceClaim(
      "one slot, and a charged request, get one page the ordinary way",
      paths: [.pathBulkSingle, .pathBulkAccount]
    ) { call in
      for index in 0..<4 where index != 2 { call.slots[index] = call.take() }
      let wanted = call.fill(3)
      call.claim(wanted == 3 || !call.isAlone, "one empty slot is filled")
      call { $0.freePagesBulk(call.cpu, call.slots, count: 4) }
      let charged = call.fill(4, .kernel | .account)
      call.claim(charged == 1 || !call.isAlone, "a charged call gets one page")
      call { $0.freePagesBulk(call.cpu, call.slots, count: 4) }
    },
  ]
}
