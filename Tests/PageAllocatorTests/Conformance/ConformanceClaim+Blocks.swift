// Claims of single blocks and their references.

import Machine

@testable import PageAllocator

extension ConformanceClaim {
  static let ofBlocks = [
    ConformanceClaim(
      "a block of each order and type is aligned, and comes back",
      paths: [.pathPcpRefill, .pathFreeDirect, .pgfree]
    ) { call in
      for order in 0..<Order.count {
        for type in [Migratetype.unmovable, .movable, .reclaimable] {
          for gfp in [GFP.of(type), GFP.of(type) | .compound] {
            if let frame = call.take(order, gfp) { call.free(frame, order) }
          }
        }
      }
    },
    ConformanceClaim(
      "many blocks of all types come back in another order", paths: [.pathFreeChunked]
    ) { call in
      let types = [Migratetype.unmovable, .movable, .reclaimable]
      for index in 0..<60 { call.slots[index] = call.take(index % 4, .of(types[index % 3])) }
      for index in (0..<60).map({ $0 * 37 % 60 }) {
        if let frame = call.slots[index] { call.free(frame, index % 4) }
        call.slots[index] = nil
      }
    },
    ConformanceClaim(
      "memory runs out with nil and with a short prefix, and all of it comes back",
      paths: [.pathOutOfMemory, .pathBulkShort]
    ) { call in
      var held = 8
      while held < call.slots.count {
        let frame = call { $0.allocatePages(call.cpu, order: Order(3), .kernel | .compound) }
        if frame == nil { break }
        call.slots[held] = frame
        held += 1
      }
      call.claim(held < call.slots.count, "memory ends")
      call.claim(held > 100 || !call.isAlone, "nearly all memory is to be had")
      let filled = call.fill(8)
      call.claim(filled < 8 || !call.isAlone, "there is no memory for a bulk call")
      call { $0.releasePages(call.cpu, call.slots, count: call.slots.count) }
      call.slots.clear()
    },
    ConformanceClaim(
      "a page goes out of service and back", paths: [.pathTakeOffBuddy, .pathPutBackBuddy]
    ) { call in
      let frame = PageFrameNumber(UInt32(1023 - 8 * call.cpu.id))
      let taken = call { $0.takePageOffBuddy(call.cpu, frame) }
      call.claim(taken || !call.isAlone, "a free page can be taken out of service")
      if !taken { return }
      call.claim(call.state(frame).isPoisoned, "the page is out of service")
      call.claim(!call { $0.tryGet(call.cpu, frame) }, "and cannot be got")
      call.claim(!call { $0.takePageOffBuddy(call.cpu, frame) }, "nor taken again")
      call.claim(call { $0.putPageBackBuddy(call.cpu, frame) }, "it can be put back")
      call.claim(
        !call { $0.putPageBackBuddy(call.cpu, frame) } || !call.isAlone, "and that once")
    },
  ]

  static let ofReferences = [
    ConformanceClaim(
      "the last put frees a compound block whole, of any other its first page",
      paths: [.pathTryGet, .pathPutLast, .pathFreeTail]
    ) { call in
      for gfp in [GFP.kernel | .compound, .kernel] {
        for order in 0..<5 {
          guard let frame = call.take(order, gfp) else { continue }
          call.claim(call { $0.tryGet(call.cpu, frame) }, "a held block can be got")
          call.claim(call.state(frame).references == 2, "and has another reference then")
          call.free(frame, order)
          let state = call.state(frame)
          call.claim(state.isAllocated && state.references == 1, "one reference keeps it")
          call { $0.put(call.cpu, frame) }
          if call.isAlone {
            call.claim(!call { $0.tryGet(call.cpu, frame) }, "a free block cannot be got")
          }
        }
      }
    },
    ConformanceClaim(
      "a batch frees pages and compound blocks, and spares what is shared",
      paths: [.pathFreeBatch, .pathPutLast]
    ) { call in
      for (index, order) in [0, 1, 0, 3, 4].enumerated() {
        call.slots[2 * index] = call.take(order, .kernel | .compound)
      }
      let shared = call.slots[4]
      if let shared { call.claim(call { $0.tryGet(call.cpu, shared) }, "a held page can be got") }
      call { $0.releasePages(call.cpu, call.slots, count: 9) }
      call.slots.clear()
      guard let shared else { return }
      call.claim(call.state(shared).references == 1, "the shared page is spared")
      call { $0.put(call.cpu, shared) }
    },
    ConformanceClaim(
      "a block that was split is freed in runs around its gaps", paths: [.pathFreeContiguous]
    ) { call in
      guard let block = call.take(5) else { return }
      call { $0.split(call.cpu, block, order: Order(5)) }
      for page in 0..<32 { call.slots[page] = block.advanced(by: page) }
      call.slots[5] = nil
      call.free(block.advanced(by: 5))
      call { $0.freePagesBulk(call.cpu, call.slots, count: 32) }
    },
  ]
}
