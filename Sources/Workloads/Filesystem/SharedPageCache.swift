// The page cache of one file, shared by all CPUs: which folio holds which page of the file.
//
// Models  struct address_space, filemap_add_folio(), filemap_get_entry(), __remove_mapping(),
//         mm/filemap.c, mm/vmscan.c, 7.0.
// Omits   The tree, one reference a page, LRU lists: a folio has one reference of the cache.
// Rule    A slot changes only under the lock of its group.  It may be read without: then a
//         reference is taken, and the slot read again, because the frame may have gone elsewhere in
//         between.

import Machine
import PageAllocator

/// A folio as a slot of the cache names it.
struct CachedFolio: Equatable, BitwiseCopyable {
  let frame: PageFrameNumber
  let order: Order

  init(frame: PageFrameNumber, order: Order) {
    self.frame = frame
    self.order = order
  }

  /// What a slot holds; nil for an empty one.
  init?(entry: Int) {
    if entry == 0 { return nil }
    frame = PageFrameNumber(UInt32(truncatingIfNeeded: entry >> 8))
    order = Order(entry & 15)
  }

  /// Never 0, whatever the frame.
  var entry: Int { frame.index << 8 | 16 | order.index }
}

/// How a lookup without the lock ended.
enum CacheLookup {
  /// The caller has a reference to the folio.
  case found(CachedFolio)
  /// There is no folio.
  case absent
  /// There was one, but it went before a reference to it was had.
  case lost
}

/// A file's pages, 1 ... `slotCountMax` slots, in the machine's memory.
public final class SharedPageCache {
  /// Pages that a cache may have: 4 GiB of a file.
  public static let slotCountMax = 1 << 20
  /// Slots under one lock; a folio lies in one group.
  static var groupSize: Int { 64 }
  /// The largest folio.
  static var orderMax: Order { Order(5) }

  private let slots: Table<Int>
  private let locks: Table<SpinLock>
  let completions: BlockCompletions

  /// Bytes that a cache takes in the arena of a machine with `cpus` CPUs; none without slots.
  public static func arenaByteCount(slots: Int, cpus: Int) -> Int {
    if slots == 0 { return 0 }
    let groups = (slots + groupSize - 1) / groupSize
    return Arena.byteCount(of: Int.self, count: slots)
      + Arena.byteCount(of: SpinLock.self, count: groups) + Arena.byteCount(ofLocks: groups)
      + BlockCompletions.arenaByteCount(cpus: cpus)
  }

  /// An empty cache of `slots` pages, 1 ... `slotCountMax`.
  public init(on machine: Machine, slots count: Int) {
    precondition((1...Self.slotCountMax).contains(count), "a page cache has 1 to 2^20 slots")
    slots = machine.arena.table(of: Int.self, count: count)
    let groups = (count + Self.groupSize - 1) / Self.groupSize
    locks = machine.arena.table(of: SpinLock.self, count: groups)
    let lockClass = LockClass(WorkloadLockClass.pageCache.rawValue)
    for group in 0..<groups { locks[group] = machine.makeLock(lockClass, instance: group) }
    completions = BlockCompletions(on: machine)
    machine.name(slots) { "page cache slot[\($0)]" }
  }

  /// Pages that the cache can hold.
  public var slotCount: Int { slots.count }

  /// Pages cached, at rest.
  public var pagesAtRest: Int {
    (0..<slots.count).reduce(0) { $0 + (slots.marked($1).atRest == 0 ? 0 : 1) }
  }

  /// What the inserter of a folio whose first page is in `slot` leaves in it.
  private func stamp(ofSlot slot: Int) -> UInt32 { HolderStamps.cacheSlot(slot) }

  private func lock(ofSlot slot: Int) -> SpinLock { locks[slot / Self.groupSize] }

  /// True if a folio of `order` can lie at `slot`, which is aligned to it.
  func fits(_ slot: Int, _ order: Order) -> Bool { slot + order.pages <= slots.count }
}

extension SharedPageCache {
  /// Puts a new folio in, which takes over the caller's reference; false if one of its pages is
  /// there.
  ///
  /// - Parameter slot: of its first page; aligned to the order.
  func insert(_ cpu: CPU, _ allocator: PageAllocator, _ folio: CachedFolio, at slot: Int) -> Bool {
    allocator.stamp(cpu, folio.frame, folio.order, stamp(ofSlot: slot))
    let lock = lock(ofSlot: slot)
    lock.lockIRQSave(cpu)
    var isFree = true
    for index in slot..<slot + folio.order.pages where slots.marked(index).read(cpu) != 0 {
      isFree = false
    }
    if isFree { set(cpu, slot, folio.order, folio.entry) }
    lock.unlockIRQRestore(cpu)
    return isFree
  }

  /// Looks a page up without the lock, and takes a reference to its folio.
  @inline(never) func find(_ cpu: CPU, _ allocator: PageAllocator, _ slot: Int) -> CacheLookup {
    let cpu = cpu.at(.pageCacheLookup)
    let entry = slots.marked(slot).read(cpu)
    guard let folio = CachedFolio(entry: entry) else { return .absent }
    if !allocator.tryGet(cpu, folio.frame) { return .lost }
    if slots.marked(slot).read(cpu) == entry { return .found(folio) }
    allocator.put(cpu, folio.frame)
    return .lost
  }

  /// Takes folios out, from the one at or after `slot` to the end of its group; how many it were.
  ///
  /// - Parameter batch: gets the folios, with the cache's references.
  func remove(
    _ cpu: CPU, _ allocator: PageAllocator, from slot: Int, into batch: PageSlots
  ) -> Int {
    let end = min((slot / Self.groupSize + 1) * Self.groupSize, slots.count)
    let lock = lock(ofSlot: slot)
    var count = 0
    lock.lockIRQSave(cpu)
    var index = slot
    while index < end && count < batch.count {
      guard let folio = CachedFolio(entry: slots.marked(index).read(cpu)) else {
        index += 1
        continue
      }
      let first = index & ~(folio.order.pages - 1)
      set(cpu, first, folio.order, 0)
      allocator.verifyStamp(cpu, folio.frame, folio.order, stamp(ofSlot: first))
      batch[count] = folio.frame
      count += 1
      index = first + folio.order.pages
    }
    lock.unlockIRQRestore(cpu)
    return count
  }

  private func set(_ cpu: CPU, _ slot: Int, _ order: Order, _ entry: Int) {
    for index in slot..<slot + order.pages { slots.marked(index).write(cpu, entry) }
  }

  /// Empties the cache and drops the references of writes under way, at the end of a run.
  ///
  /// From a task on any CPU, no lock held, when no worker uses the cache any more.
  public func evictAll(_ cpu: CPU, _ allocator: PageAllocator) {
    let cpu = cpu.at(.pageCacheEvict)
    for group in 0..<locks.count {
      let first = group * Self.groupSize
      for slot in first..<min(first + Self.groupSize, slots.count) { evict(cpu, allocator, slot) }
    }
    for target in 0..<cpu.cpuCount {
      completions.complete(cpu, allocator, of: target, most: BlockCompletions.capacity)
    }
  }

  private func evict(_ cpu: CPU, _ allocator: PageAllocator, _ slot: Int) {
    let lock = lock(ofSlot: slot)
    lock.lockIRQSave(cpu)
    let folio = CachedFolio(entry: slots.marked(slot).read(cpu))
    if let folio {
      set(cpu, slot, folio.order, 0)
      allocator.verifyStamp(cpu, folio.frame, folio.order, stamp(ofSlot: slot))
    }
    lock.unlockIRQRestore(cpu)
    if let folio { allocator.put(cpu, folio.frame) }
  }
}
