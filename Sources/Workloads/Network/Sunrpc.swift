// A server thread of sunrpc: an array of pages that is filled before each request and partly
// consumed by it.
//
// Models  svc_alloc_arg(), svc_rqst_release_pages(), net/sunrpc/svc_xprt.c, svc.c, 7.0.
// Omits   The second array (rq_respages); sleeping: waits are a bounded number of turns given away.
// Rule    Relies on bulk allocation passing over occupied slots, and on its count for a full array:
//         another count there would keep the kernel's loop waiting for ever.

import Machine
import PageAllocator

/// One server thread.
final class Sunrpc: Workload {
  private let slots: PageSlots
  /// 1 where the page in a slot carries the slot's stamp.
  private let stamped: Table<UInt8>
  private let batch: PageSlots
  private var batched = 0
  private let waitsMax: Int
  private static var relaxesOfWait: Int { 16 }
  private static var batchMax: Int { 31 }
  private static var sendsMax: Int { 16 }

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpu: Int, index: Int) {
    let count = values["pages"]
    slots = PageSlots(in: environment.privateArena, count: count)
    stamped = environment.privateArena.table(of: UInt8.self, count: count)
    batch = PageSlots(in: environment.privateArena, count: Self.batchMax)
    waitsMax = values["waitsMax"]
    super.init(environment, cpuID: cpu, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    PageSlots.arenaByteCount(count: values["pages"])
      + Arena.byteCount(of: UInt8.self, count: values["pages"])
      + PageSlots.arenaByteCount(count: batchMax)
  }

  override var pagesHeldMax: Int { slots.count }

  /// Pages held now; for tests.
  var pagesHeld: Int { (0..<slots.count).reduce(0) { $0 + (slots[$1] == nil ? 0 : 1) } }

  override func begin(_ cpu: CPU) {
    slots.clear()
    stamped.fill(with: 0)
    batched = 0
  }

  override func operate(_ cpu: CPU) {
    // A request that touched no page leaves the array full for the next.
    let consumesNothing = cpu.draw(.workload, below: 4) == 0
    let drawn = 1 + cpu.draw(.workload, below: slots.count)
    let consumed = consumesNothing ? 0 : drawn
    cpu.noteRequest(UInt64(slots.count) << 32 | UInt64(consumed))
    environment.mailboxes.freeReceived(cpu, allocator, most: 8)
    if allocateArguments(cpu) {
      process(cpu, consumed: consumed)
    } else {
      cpu.count(.sunrpcStalls)
      release(cpu, from: 0, to: slots.count / 2)
    }
  }

  /// Fills the array; false if it gave up waiting for memory.
  func allocateArguments(_ cpu: CPU) -> Bool {
    let cpu = cpu.at(.svcAllocArg)
    var filled = 0
    var waits = 0
    while filled < slots.count {
      let result = allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: slots.count)
      cpu.countBulk(filled: result, wanted: slots.count)
      stampNew(cpu)
      if result <= filled {
        if waits == waitsMax || cpu.shouldStop {
          cpu.count(.allocationFailed)
          return false
        }
        waits += 1
        wait(cpu)
      }
      filled = result
    }
    return true
  }

  private func wait(_ cpu: CPU) {
    cpu.count(.sunrpcWaits)
    for _ in 0..<Self.relaxesOfWait { cpu.relax() }
  }

  private func stamp(ofSlot slot: Int) -> UInt32 { stampBase | UInt32(truncatingIfNeeded: slot) }

  private func stampNew(_ cpu: CPU) {
    for slot in 0..<slots.count where stamped[slot] == 0 {
      guard let frame = slots[slot] else { continue }
      allocator.stamp(cpu, frame, .zero, stamp(ofSlot: slot))
      stamped[slot] = 1
    }
  }

  /// Takes a page out of the array, its stamp verified; nil if the slot is empty.
  private func take(_ cpu: CPU, _ slot: Int) -> PageFrameNumber? {
    guard let frame = slots[slot] else { return nil }
    allocator.verifyStamp(cpu, frame, .zero, stamp(ofSlot: slot))
    slots[slot] = nil
    stamped[slot] = 0
    return frame
  }

  /// Uses pages from the front: some go elsewhere, some are released, some stay where they are.
  private func process(_ cpu: CPU, consumed: Int) {
    let cpu = cpu.at(.svcRelease)
    var sendsLeft = Self.sendsMax
    for slot in 0..<consumed {
      let choice = cpu.draw(.workload, below: 8)
      if choice == 0 { continue }
      guard let frame = take(cpu, slot) else { continue }
      if choice <= 2 && sendsLeft > 0 {
        sendsLeft -= 1
        send(cpu, frame, slot)
      } else {
        addToBatch(cpu, frame)
      }
    }
    releaseBatch(cpu)
  }

  private func send(_ cpu: CPU, _ frame: PageFrameNumber, _ slot: Int) {
    let target = cpu.draw(.workload, below: environment.workerCPUs)
    let block = HeldBlock(frame: frame, order: .zero, stamp: stamp(ofSlot: slot))
    if environment.mailboxes.send(cpu, block, to: target) { return cpu.count(.handedOver) }
    cpu.count(.handOverRefused)
    addToBatch(cpu, frame)
  }

  private func addToBatch(_ cpu: CPU, _ frame: PageFrameNumber) {
    batch[batched] = frame
    batched += 1
    if batched == Self.batchMax { releaseBatch(cpu) }
  }

  private func releaseBatch(_ cpu: CPU) {
    if batched > 0 { allocator.releasePages(cpu, batch, count: batched) }
    batched = 0
  }

  private func release(_ cpu: CPU, from first: Int, to end: Int) {
    for slot in first..<end {
      if let frame = take(cpu, slot) { addToBatch(cpu, frame) }
    }
    releaseBatch(cpu)
  }

  override func finish(_ cpu: CPU) {
    let cpu = cpu.at(.svcRelease)
    release(cpu, from: 0, to: slots.count)
    environment.mailboxes.freeReceived(cpu, allocator, most: 256)
  }
}
