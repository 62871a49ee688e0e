// Arrays of single pages, filled wholly or not at all: extent buffers, compressed extents.
//
// Models  btrfs_alloc_page_array(), btrfs_free_page_array(), fs/btrfs/extent_io.c, 7.0.
// Omits   __GFP_NOFAIL of extent buffers.
// Rule    Goes on for as long as each call adds something.  When one does not, the pages below the
//         count are given back and their slots emptied; what lies above is the caller's.

import Machine
import PageAllocator

/// A worker with some arrays, each empty or filled.
final class BtrfsPageArray: Workload {
  private let slots: PageSlots
  /// Pages asked for in each array; 0 if it is empty.
  private let sizes: Table<Int>
  private let prefilledPercent: Int
  /// Slots of each array.
  private let slotsMax: Int

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpu: Int, index: Int) {
    let arrays = values["arrays"]
    slotsMax = values["pages"]
    slots = PageSlots(in: environment.privateArena, count: arrays * slotsMax)
    sizes = environment.privateArena.table(of: Int.self, count: arrays)
    prefilledPercent = values["prefilledPercent"]
    super.init(environment, cpuID: cpu, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    PageSlots.arenaByteCount(count: values["arrays"] * values["pages"])
      + Arena.byteCount(of: Int.self, count: values["arrays"])
  }

  override var pagesHeldMax: Int { slots.count }

  /// Pages held now; for tests.
  var pagesHeld: Int { (0..<slots.count).reduce(0) { $0 + (slots[$1] == nil ? 0 : 1) } }

  override func begin(_ cpu: CPU) {
    slots.clear()
    sizes.fill(with: 0)
  }

  override func operate(_ cpu: CPU) {
    let array = cpu.draw(.workload, below: sizes.count)
    let count = drawCount(cpu)
    let prefilled = drawPrefilled(cpu, of: count)
    let way = cpu.draw(.workload, below: 3)
    cpu.noteRequest(
      UInt64(array) << 32 | UInt64(count) << 16 | UInt64(prefilled) << 8 | UInt64(way))
    environment.mailboxes.freeReceived(cpu, allocator, most: 8)
    if sizes[array] != 0 { free(cpu, array, way: way) }
    prefill(cpu, array, count, pages: prefilled)
    if fill(cpu, array, count) {
      sizes[array] = count
    } else {
      cpu.count(.allocationFailed)
      // The caller's own pages above the count.
      freeSlots(cpu, array, slotsMax)
      giveSomethingBack(cpu)
    }
  }

  /// Mostly a metadata block of 16 KiB or 64 KiB.
  private func drawCount(_ cpu: CPU) -> Int {
    let any = 1 + cpu.draw(.workload, below: slotsMax)
    let choice = cpu.draw(.workload, below: 8)
    return min(choice < 4 ? 4 : choice < 6 ? 16 : any, slotsMax)
  }

  private func drawPrefilled(_ cpu: CPU, of count: Int) -> Int {
    let isPrefilled = cpu.draw(.workload, below: 100) < prefilledPercent
    let pages = 1 + cpu.draw(.workload, below: count)
    return isPrefilled ? pages : 0
  }

  /// Puts single pages into drawn slots, so that the array has gaps.
  private func prefill(_ cpu: CPU, _ array: Int, _ count: Int, pages: Int) {
    for _ in 0..<pages {
      let slot = array * slotsMax + cpu.draw(.workload, below: count)
      if slots[slot] != nil { continue }
      guard let frame = allocator.allocatePages(cpu, order: .zero, .noFS) else { return }
      slots[slot] = frame
      allocator.stamp(cpu, frame, .zero, stamp(ofSlot: slot))
    }
  }

  private func stamp(ofSlot slot: Int) -> UInt32 { stampBase | UInt32(truncatingIfNeeded: slot) }

  /// Fills `count` slots; false, with the pages below where it stopped given back, if it could not.
  func fill(_ cpu: CPU, _ array: Int, _ count: Int) -> Bool {
    let cpu = cpu.at(.btrfsAllocPageArray)
    let own = slots.slice(from: array * slotsMax, count: count)
    var occupied: UInt64 = 0
    for index in 0..<count where own[index] != nil { occupied |= 1 << UInt64(index) }
    var filled = 0
    // Each round adds at least one page, or is the last.
    for _ in 0...count where filled < count {
      let last = filled
      filled = min(allocator.allocatePagesBulk(cpu, .noFS, into: own, count: count), count)
      cpu.countBulk(filled: filled, wanted: count)
      stampNew(cpu, array, count, &occupied)
      if filled <= last {
        cpu.count(.btrfsRollbacks)
        freeSlots(cpu, array, filled)
        return false
      }
    }
    return filled == count
  }

  private func stampNew(_ cpu: CPU, _ array: Int, _ count: Int, _ occupied: inout UInt64) {
    for index in 0..<count where occupied & (1 << UInt64(index)) == 0 {
      let slot = array * slotsMax + index
      guard let frame = slots[slot] else { continue }
      allocator.stamp(cpu, frame, .zero, stamp(ofSlot: slot))
      occupied |= 1 << UInt64(index)
    }
  }

  /// Gives an array back: in one go, page by page, or in part to another CPU.
  private func free(_ cpu: CPU, _ array: Int, way: Int) {
    let count = sizes[array]
    sizes[array] = 0
    if way == 0 { return freeTogether(cpu, array, count) }
    if way == 1 { send(cpu, array, pages: min(count, 4)) }
    freeSlots(cpu, array, count)
  }

  private func freeTogether(_ cpu: CPU, _ array: Int, _ count: Int) {
    for index in 0..<count { verify(cpu, array * slotsMax + index) }
    allocator.freePagesBulk(
      cpu, slots.slice(from: array * slotsMax, count: count), count: count)
  }

  private func verify(_ cpu: CPU, _ slot: Int) {
    guard let frame = slots[slot] else { return }
    allocator.verifyStamp(cpu, frame, .zero, stamp(ofSlot: slot))
  }

  private func send(_ cpu: CPU, _ array: Int, pages: Int) {
    let target = cpu.draw(.workload, below: environment.workerCPUs)
    for slot in array * slotsMax..<array * slotsMax + pages {
      guard let frame = slots[slot] else { continue }
      let block = HeldBlock(frame: frame, order: .zero, stamp: stamp(ofSlot: slot))
      verify(cpu, slot)
      if !environment.mailboxes.send(cpu, block, to: target) {
        return cpu.count(.handOverRefused)
      }
      cpu.count(.handedOver)
      slots[slot] = nil
    }
  }

  private func freeSlots(_ cpu: CPU, _ array: Int, _ count: Int) {
    for slot in array * slotsMax..<array * slotsMax + max(count, 0) {
      verify(cpu, slot)
      if let frame = slots[slot] { allocator.put(cpu, frame) }
      slots[slot] = nil
    }
  }

  /// Frees the first array that holds pages.
  private func giveSomethingBack(_ cpu: CPU) {
    for array in 0..<sizes.count where sizes[array] != 0 { return free(cpu, array, way: 2) }
  }

  override func finish(_ cpu: CPU) {
    for array in 0..<sizes.count { free(cpu, array, way: 0) }
    environment.mailboxes.freeReceived(cpu, allocator, most: 256)
  }
}
