// A sound machine of 48 MiB and a recording made on it, small enough that what becomes of their
// damaged copies can be built and run by the million.

import Machine

enum SmallMachine {
  /// Sound configs of small machines.
  static let configs: [[UInt8]] = [
    """
    { machine: { cpus: 2, memory: "16MiB" }, interrupts: { nic: 400 }, bugs: [],
      workloads: [{ kind: "slab", weight: 2 }, { kind: "pagePool", cpus: [1] }],
      stop: { operations: 20 } }
    """,
    """
    // Two nodes, all zones.
    { name: "two", machine: { cpus: 4, nodes: 2, memory: "48MiB", dma: "4MiB", dma32: "8MiB",
        movablePercent: 30, pageblockOrder: 5 },
      allocator: { batch: 7, high: 40, minFreeKBytes: 256 },
      workloads: [{ kind: "anonymousFaults" }, { kind: "pageOffliner" }, { kind: "vmstatWorker" }],
      interrupts: { delivery: "points", timer: 500, block: 900, ipi: 1000 },
      stop: { operations: 20, duration: "1m", stuck: "20s" }, checks: { pauseEvery: "10ms" },
      statistics: "timing" }
    """,
    """
    { machine: { cpus: 3, memory: "24MiB" }, pageCacheSlots: 300, seed: 0x5EED,
      workloads: [{ kind: "pageCache", cpus: [0, 2] }, { kind: "btrfs" }, { kind: "sunrpc" }],
      stop: { operations: 20 }, statistics: 'off', checks: { ledger: false, require: [] } }
    """,
  ].map { Array($0.utf8) }

  /// Frames of its two zones.
  static let frames = 1..<12_288

  /// Its files, by key of a config's section `machine`.
  static let files: [(name: String, bytes: [UInt8])] = [
    ("zoneinfo", Array(zoneInfo.utf8)), ("buddyinfo", Array(buddyInfo.utf8)),
    ("pagetypeinfo", Array(pageTypeInfo.utf8)),
  ]

  private static let zoneInfo = """
    Node 0, zone      DMA
      per-node stats
          nr_inactive_anon 593
      pages free     2107
            boost    0
            min      118
            low      147
            high     176
            promo    205
            spanned  4095
            present  3998
            managed  3840
            cma      0
            protection: (0, 31, 31, 31, 31)
          nr_free_pages 2107
      pagesets
        cpu: 0
                  count:    5
                  high:     14
                  batch:    1
                  high_min: 14
                  high_max: 240
        cpu: 1
                  count:    0
                  high:     14
                  batch:    1
                  high_min: 14
                  high_max: 240
      node_unreclaimable:  0
      start_pfn:           1
    Node 0, zone    DMA32
      pages free     4221
            boost    0
            min      246
            low      307
            high     368
            promo    429
            spanned  8192
            present  8192
            managed  8000
            cma      0
            protection: (0, 0, 0, 0, 0)
          nr_free_pages 4221
      pagesets
        cpu: 0
                  count:    37
                  high:     61
                  batch:    1
                  high_min: 61
                  high_max: 500
        cpu: 1
                  count:    12
                  high:     61
                  batch:    1
                  high_min: 61
                  high_max: 500
      node_unreclaimable:  0
      start_pfn:           4096
    Node 0, zone   Normal
      pages free     0
            min      0
            low      0
            high     0
            spanned  0
            present  0
            managed  0
            protection: (0, 0, 0, 0, 0)

    """

  private static let buddyInfo = """
    Node 0, zone      DMA   3   2   3   6   0   0   0   0   0   0   2
    Node 0, zone    DMA32   7   9   5   4   3   2   1   1   1   1   3

    """

  private static let pageTypeInfo = """
    Page block order: 9
    Pages per block:  512

    Free pages count per migrate type at order  0  1  2  3  4  5  6  7  8  9  10
    Node    0, zone      DMA, type    Unmovable  1  2  3  1  0  0  0  0  0  0  0
    Node    0, zone      DMA, type      Movable  2  0  0  5  0  0  0  0  0  0  2
    Node    0, zone      DMA, type  Reclaimable  0  0  0  0  0  0  0  0  0  0  0
    Node    0, zone      DMA, type   HighAtomic  0  0  0  0  0  0  0  0  0  0  0
    Node    0, zone    DMA32, type    Unmovable  4  4  1  1  1  0  0  0  0  0  0
    Node    0, zone    DMA32, type      Movable  3  3  4  3  1  2  1  1  1  1  3
    Node    0, zone    DMA32, type  Reclaimable  0  2  0  0  1  0  0  0  0  0  0

    Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate
    Node 0, zone      DMA            1            7            0            0            0
    Node 0, zone    DMA32            2           13            1            0            0

    """
}

extension SmallMachine {
  /// A recording of some hundred events: blocks of all sizes, freed whole, in parts and in batches,
  /// in all contexts, with bulk pages that no event allocates.
  static let trace: [UInt8] = {
    var stream = RandomStream(seed: 48)
    var writer = TraceWriter()
    var held: [(pfn: Int, order: Int)] = []
    for _ in 0..<400 {
      let cpu = stream.below(2)
      let context = ["....", "....", "..s1.", "d.h2.", "d.Z1."][stream.below(5)]
      let order = stream.chance(3, in: 4) ? stream.below(4) : stream.below(11)
      let pfn = (1 + stream.below(frames.upperBound >> order) - 1) << order
      let block = "pfn=0x\(String(pfn, radix: 16)) order=\(order)"
      let type = stream.below(3)
      switch stream.below(12) {
      case 0...3:
        writer.add(
          cpu, context,
          "mm_page_alloc: \(block) migratetype=\(type) gfp_flags=GFP_KERNEL|__GFP_COMP")
        held.append((pfn, order))
      case 4...6 where !held.isEmpty:
        let block = held.remove(at: stream.below(held.count))
        let part = stream.chance(1, in: 4) ? stream.below(block.order + 1) : block.order
        writer.add(
          cpu, context, "mm_page_free: pfn=0x\(String(block.pfn, radix: 16)) order=\(part)")
      case 7:
        for page in 0..<4 { writer.add(cpu, "....", "mm_page_free: pfn=\(pfn + page) order=0") }
        for page in 0..<4 {
          writer.add(cpu, "....", "mm_page_free_batched: pfn=\(pfn + page) order=0")
        }
      case 8, 9:
        writer.add(
          cpu, context,
          "mm_page_alloc_zone_locked: \(block) migratetype=\(type) percpu_refill=\(cpu)")
      case 10: writer.add(cpu, context, "mm_page_pcpu_drain: \(block) migratetype=\(type)")
      default:
        writer.add(
          cpu, context,
          "mm_page_alloc_extfrag: pfn=0x\(String(pfn, radix: 16)) alloc_order=\(order) "
            + "fallback_order=9 pageblock_order=9 alloc_migratetype=\(type) "
            + "fallback_migratetype=1 fragmenting=1 change_ownership=0")
      }
    }
    return Array(writer.text.utf8)
  }()
}

/// Writes ftrace's lines, 100 microseconds apart.
private struct TraceWriter {
  var text = "# tracer: nop\n#\n"
  private var lines = 0

  mutating func add(_ cpu: Int, _ flags: String, _ event: String) {
    let micros = 1_000_000 + lines * 100
    let stamp = "5212.\(String(micros % 1_000_000 + 1_000_000).dropFirst())"
    text += "            task-\(1000 + cpu)    [00\(cpu)] \(flags)  \(stamp): \(event)\n"
    lines += 1
  }
}

extension FuzzSamples {
  /// These samples, and three times as many of the small machine, its recording and small configs.
  public var withSmallMachine: FuzzSamples {
    var samples = self
    for _ in 0..<configs.count { samples.configs += SmallMachine.configs }
    for _ in 0..<3 * max(traces.count, 1) {
      samples.machines.append(SmallMachine.files)
      samples.traces.append(SmallMachine.trace)
    }
    return samples
  }
}
