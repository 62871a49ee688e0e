// The allocator: a handle on its state in a machine's memory.
//
// Copying the handle copies no state.  Every entry point takes the CPU that calls it.

import Machine

/// Numbers that stay as they are during a run.
public struct AllocatorTunables: Sendable, Equatable {
  /// log2 of the pages of a pageblock, 3 ... 9.
  public var pageblockOrder = Order(9)
  /// CONFIG_PCP_BATCH_SCALE_MAX, 0 ... 6.
  public var batchScaleMax = 5
  /// vm.watermark_boost_factor, of 10 000; 0 turns boosting off.
  public var watermarkBoostFactor = 15_000
  /// vm.watermark_scale_factor, of 10 000, 1 ... 3 000.
  public var watermarkScaleFactor = 10
  /// vm.min_free_kbytes in KiB; nil for the kernel's square-root rule.
  public var minFreeKBytes: Int?
  /// vm.percpu_pagelist_high_fraction; 0 for automatic limits.
  public var perCPUHighFraction = 0
  /// vm.lowmem_reserve_ratio of DMA, DMA32, Normal, Movable; 0 for no reserve.
  public var lowmemReserveRatio = [256, 256, 32, 0]
  /// Pages of a refill, 1 ... `batchMax`, instead of the computed number; nil for that.
  public var perCPUBatch: Int?
  /// The length of per-CPU lists in pages, instead of auto-tuning; nil for that.
  public var perCPUHigh: Int?
  /// The least length of per-CPU lists in pages, where `perCPUHigh` is the most and what is between
  /// is tuned; nil for `perCPUHigh`.
  public var perCPUHighMin: Int?
  /// True where the CPU's cache slice holds more than three batches.
  public var freeHighBatch = true
  /// True if an order below a pageblock may not take another type's block: group by mobility.
  public var groupByMobility = true
  /// A policy: how the per-CPU lists are protected.
  public var perCPUProtection = PerCPUProtection.trylock
  /// A policy: where a bulk call gets its pages.
  public var bulkSource = BulkSource.lists

  /// Pages that a refill may bring.
  public static var batchMax: Int { 2047 }

  /// The kernel's defaults.
  public init() {}
}

/// The state behind the handle.
@unsafe struct AllocatorState {
  // Read on every call.
  let frames: FrameTable
  let pageblocks: Table<UInt32>
  let zones: Table<Zone>
  let perCPU: Table<PerCPUPages>
  let zonelists: Zonelists
  let lowmemReserve: Table<Int>
  let nodeOfCPU: Table<Int>
  let tunables: HotTunables
  let zoneCount: Int
  let nodeCount: Int
  var traceMask: UInt32 = 0
  var subscriberCount: UInt32 = 0
  // Cold.
  let stamps: Table<UInt32>
  var bugs: UInt64 = 0
  var subscribers: BySubscriber<Unmanaged<TracepointSubscriber>?> = unsafe .init(repeating: nil)
  var subscriberMasks: BySubscriber<UInt32> = .init(repeating: 0)
  /// By kind of event the number of the one subscriber that listens, one up; 0 if none does, or
  /// several.
  var onlySubscribers: ByTracepointKind<UInt8> = .init(repeating: 0)
}

/// The tunables that allocation reads.
struct HotTunables {
  let pageblockOrder: Order
  let batchScaleMax: Int
  let watermarkBoostFactor: Int
  let groupByMobility: Bool
  let protection: PerCPUProtection
  let bulkSource: BulkSource
}

/// A page allocator.
///
/// Safe because its state lies in its machine's arena and lives as long as the machine.
@safe public struct PageAllocator: @unchecked Sendable {
  let state: UnsafeMutablePointer<AllocatorState>

  @inline(always) var frames: FrameTable { unsafe state.pointee.frames }
  /// What the holder of a block wrote into it, by frame: see `PageStamp.swift`.
  @inline(always) var stamps: Table<UInt32> { unsafe state.pointee.stamps }
  @inline(always) var pageblocks: Table<UInt32> { unsafe state.pointee.pageblocks }
  @inline(always) var tunables: HotTunables { unsafe state.pointee.tunables }
  @inline(always) var zonelists: Zonelists { unsafe state.pointee.zonelists }

  /// Zones with memory, from 0.
  public var zoneCount: Int { unsafe state.pointee.zoneCount }
  /// NUMA nodes, 1 ... `Zone.nodeCountMax`.
  public var nodeCount: Int { unsafe state.pointee.nodeCount }
  /// Frame numbers lie in 0 ..< this.
  public var frameCount: Int { frames.frameCount }
  /// Bytes that the state behind the handle takes in an arena: whole lines.
  static var stateByteCount: Int { (unsafe MemoryLayout<AllocatorState>.stride + 63) & ~63 }
  /// Bytes that are kept of each frame: its node in the frame table, and its holder's stamp.
  public static var frameBytes: Int { FrameTable.nodeBytes + MemoryLayout<UInt32>.stride }
  /// Bytes of a page struct: 16, or 64 where built with the trait PageStructs64.
  public static var pageStructBytes: Int { FrameTable.nodeBytes }
  /// log2 of the pages of a pageblock.
  public var pageblockOrder: Order { tunables.pageblockOrder }

  /// Zone number `index`.
  @inline(__always) public func zone(_ index: Int) -> Zone { unsafe state.pointee.zones[index] }

  /// The zone that a frame belongs to.
  @inline(always) func zone(of frame: PageFrameNumber, _ cpu: CPU) -> Zone {
    if !frames.contains(frame) { refuse(frame, cpu) }
    let index = FrameWord(frames.word(frame).read(cpu)).zone
    if index >= zoneCount { refuse(frame, cpu) }
    return zone(index)
  }

  @inline(never) private func refuse(_ frame: PageFrameNumber, _ cpu: CPU) -> Never {
    cpu.bug(.notAFrame, frame, frame.index)
  }

  /// The lists of a CPU in a zone.
  @inline(__always) public func perCPUPages(cpu: Int, zone: Int) -> PerCPUPages {
    unsafe state.pointee.perCPU[cpu &* zoneCount &+ zone]
  }

  /// The node that a CPU belongs to.
  @inline(__always) public func node(ofCPU cpu: Int) -> Int {
    unsafe state.pointee.nodeOfCPU[cpu]
  }

  /// Pages of `zone` kept from allocations that could have come from `kind`.
  @inline(always) func lowmemReserve(_ zone: Zone, for kind: ZoneKind) -> Int {
    unsafe state.pointee.lowmemReserve[zone.index &* 4 &+ kind.rawValue]
  }
}
