// What is known of each page frame: 16 bytes, plus the heads of all lists at the end of the table.
//
// Built with the trait PageStructs64 a frame takes 64 bytes, as in the kernel, and uses the first
// 16: the bench then sees the caches that the kernel sees.  A stride that is known only at run time
// would cost every access (3 to 8 % of a page).
//
// A head is a node of the same table, so that taking a frame off a list never asks whether it is
// the last.  Links are 32-bit node numbers that are checked when read: a corrupted list can neither
// kill nor hang the process.
//
// Rule    A frame word changes only while its frame has one owner: the holder of the zone lock, of
//         a per-CPU lock, or of the allocated block.  Merging peeks at its neighbour's word, so
//         access is marked.

import Machine

/// The hot array: next link, previous link, word and reference count of each frame.
struct FrameTable: BitwiseCopyable {
  let words: Table<UInt32>
  /// Frames; heads come behind.
  let frameCount: Int
  private let nodeCount: Int

  #if PageStructs64
    /// Bytes of a node, a power of 2.
    static var nodeBytes: Int { 64 }
  #else
    /// Bytes of a node, a power of 2.
    static var nodeBytes: Int { 16 }
  #endif
  /// Words from a node to the next.
  static var nodeWords: Int { nodeBytes / MemoryLayout<UInt32>.size }

  /// Bytes that a table takes in an arena.
  static func arenaByteCount(frameCount: Int, headCount: Int) -> Int {
    Arena.byteCount(of: UInt32.self, count: (frameCount + headCount) * nodeWords)
  }

  init(in arena: Arena, frameCount: Int, headCount: Int) {
    self.frameCount = frameCount
    nodeCount = frameCount + headCount
    words = arena.table(of: UInt32.self, count: nodeCount * Self.nodeWords)
  }

  /// The word number `field`, 0 to 3, of a node.
  @inline(always) private func index(_ node: Int, _ field: Int) -> Int {
    node &* Self.nodeWords &+ field
  }

  /// The node of list head `index`.
  @inline(always) func head(_ index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: frameCount &+ index)
  }

  @inline(always) func next(_ node: UInt32) -> Plain<UInt32> { words.plain(index(Int(node), 0)) }
  @inline(always) func previous(_ node: UInt32) -> Plain<UInt32> {
    words.plain(index(Int(node), 1))
  }

  /// Order, flags and zone of a frame: see `FrameWord`.
  @inline(always) func word(_ frame: PageFrameNumber) -> Marked32 {
    words.marked(index(frame.index, 2))
  }

  /// References to an allocated block, kept at its first frame; 0 while free.
  @inline(always) func references(_ frame: PageFrameNumber) -> AtomicCell32 {
    words.atomic(index(frame.index, 3))
  }

  /// A link without a scheduling point, for inspection.
  func nextAtRest(_ node: UInt32) -> UInt32 { words[index(Int(node), 0)] }
  func previousAtRest(_ node: UInt32) -> UInt32 { words[index(Int(node), 1)] }

  /// True if the number is one of the table's frames.
  @inline(always) func contains(_ frame: PageFrameNumber) -> Bool { frame.index < frameCount }

  @inline(always) private func check(_ cpu: CPU, _ link: UInt32, from node: UInt32) -> UInt32 {
    if Int(link) >= nodeCount { reportCorrupted(cpu, node, link) }
    return link
  }

  @inline(never) private func reportCorrupted(_ cpu: CPU, _ node: UInt32, _ link: UInt32) -> Never {
    cpu.bug(.listCorrupted, PageFrameNumber(node), Int(link))
  }

  /// Makes a head's list empty.
  func makeEmpty(_ cpu: CPU, _ head: UInt32) {
    next(head).write(cpu, head)
    previous(head).write(cpu, head)
  }

  @inline(always) func isEmpty(_ cpu: CPU, _ head: UInt32) -> Bool {
    next(head).read(cpu) == head
  }

  /// The first frame of a list; nil if it is empty.
  @inline(always) func first(_ cpu: CPU, _ head: UInt32) -> PageFrameNumber? {
    frame(cpu, next(head).read(cpu), of: head)
  }

  /// The last frame of a list; nil if it is empty.
  @inline(always) func last(_ cpu: CPU, _ head: UInt32) -> PageFrameNumber? {
    frame(cpu, previous(head).read(cpu), of: head)
  }

  @inline(always)
  private func frame(_ cpu: CPU, _ node: UInt32, of head: UInt32) -> PageFrameNumber? {
    if node == head { return nil }
    if Int(node) >= frameCount { reportCorrupted(cpu, head, node) }
    return PageFrameNumber(node)
  }

  /// Puts a frame first.
  @inline(always) func insertFirst(_ cpu: CPU, _ frame: PageFrameNumber, in head: UInt32) {
    cpu.passing(5) { cpu in
      let second = check(cpu, next(head).read(cpu), from: head)
      next(frame.rawValue).write(cpu, second)
      previous(frame.rawValue).write(cpu, head)
      previous(second).write(cpu, frame.rawValue)
      next(head).write(cpu, frame.rawValue)
    }
  }

  /// Puts a frame last.
  @inline(always) func insertLast(_ cpu: CPU, _ frame: PageFrameNumber, in head: UInt32) {
    cpu.passing(5) { cpu in
      let last = check(cpu, previous(head).read(cpu), from: head)
      previous(frame.rawValue).write(cpu, last)
      next(frame.rawValue).write(cpu, head)
      next(last).write(cpu, frame.rawValue)
      previous(head).write(cpu, frame.rawValue)
    }
  }

  /// Takes the first frame, which `first` said, off its list.
  @inline(always) func removeFirst(_ cpu: CPU, _ frame: PageFrameNumber, of head: UInt32) {
    cpu.passing(3) { cpu in
      let second = check(cpu, next(frame.rawValue).read(cpu), from: frame.rawValue)
      next(head).write(cpu, second)
      previous(second).write(cpu, head)
    }
  }

  /// Takes a frame off the list that it is on.
  ///
  /// The neighbours are not asked whether they agree, as in a kernel without list debugging: a
  /// frame that two contexts take is then seen by its holders, and by the scan.
  @inline(always) func remove(_ cpu: CPU, _ frame: PageFrameNumber) {
    let node = frame.rawValue
    cpu.passing(4) { cpu in
      let before = check(cpu, previous(node).read(cpu), from: node)
      let after = check(cpu, next(node).read(cpu), from: node)
      next(before).write(cpu, after)
      previous(after).write(cpu, before)
    }
  }
}

/// The bits of a frame's word.
struct FrameWord: BitwiseCopyable {
  var bits: UInt32

  @inline(always) init(_ bits: UInt32) { self.bits = bits }

  /// On a buddy list, with its order: PageBuddy.
  static var buddy: UInt32 { 1 << 4 }
  /// First of a compound block: PageHead.
  static var compoundHead: UInt32 { 1 << 5 }
  /// Can be migrated; kept while allocated, for the claim rule.
  static var movable: UInt32 { 1 << 6 }
  /// Not memory that the allocator manages: a hole, firmware.
  static var reserved: UInt32 { 1 << 7 }
  /// Taken out of service by `takePageOffBuddy`: PageHWPoison.
  static var poisoned: UInt32 { 1 << 8 }
  /// On a per-CPU list.
  static var perCPU: UInt32 { 1 << 9 }
  /// First of an allocated block.
  static var allocated: UInt32 { 1 << 10 }
  /// Freed, and waiting for somebody with the zone lock: see `ParkedPages.swift`.
  static var parked: UInt32 { 1 << 11 }

  @inline(always) var order: Order { Order(Int(bits & 15)) }
  /// The highest bits are the number of the zone.
  static var zoneBits: Int { 6 }
  private static var zoneShift: UInt32 { 32 - UInt32(zoneBits) }

  /// The number of the zone; never changes.
  @inline(always) var zone: Int { Int(bits &>> Self.zoneShift) }
  @inline(always) func has(_ flag: UInt32) -> Bool { bits & flag != 0 }

  /// The word with only its zone and these flags and order.
  @inline(always) func with(_ flags: UInt32, _ order: Order) -> UInt32 {
    bits & UInt32.max &<< Self.zoneShift | flags | UInt32(order.rawValue)
  }

  @inline(always) static func ofZone(_ zone: Int, _ flags: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: zone) &<< zoneShift | flags
  }
}
