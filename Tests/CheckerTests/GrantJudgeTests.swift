// What is granted and refused is judged: by zone, alignment, watermark and reserve.

import Checker
import Machine
import Testing

@testable import PageAllocator

/// Two zones of 1024 pages with pageblocks of 8, and the judge of grants.
private final class GrantedAllocator {
  let machine: Machine
  let allocator: PageAllocator
  let judge: GrantJudge
  let watch: ReserveWatch
  let scan: ZoneScan

  init() {
    var tunables = AllocatorTunables()
    tunables.pageblockOrder = Order(3)
    tunables.minFreeKBytes = 400 * 4
    let zones = [ZoneKind.dma32, .normal].enumerated().map { index, kind in
      ZoneLayout(
        node: 0, kind: kind, start: PageFrameNumber(UInt32(index * 1024)), spannedPages: 1024,
        managedPages: 1024)
    }
    let plan = AllocatorPlan(zones: zones, nodeCount: 1, nodeOfCPU: [0, 0], tunables: tunables)
    machine = Machine(
      cpuCount: 2, arenaByteCount: plan.arenaByteCount + (1 << 20),
      catalog: JudgedAllocator.catalog)
    allocator = PageAllocator(plan, on: machine)
    machine.reset(seed: 1)
    judge = GrantJudge(allocator, plan)
    watch = ReserveWatch(allocator)
    scan = ZoneScan(allocator, machine, watch: watch, grants: judge)
    allocator.subscribe(judge)
    allocator.subscribe(watch)
    scan.captureStart()
  }

  /// Rules that break while CPU 0 runs `body`, then in a scan.
  func rules(_ body: @escaping (CPU) -> Void) -> [String] {
    machine.runAlone { body($0) }
    return machine.findings().findings.map(\.rule) + scan.scan().map(\.rule)
  }

  /// Takes blocks until there are none for such a request; how many pages.
  func exhaust(_ cpu: CPU, _ order: Order, _ gfp: GFP) -> Int {
    var pages = 0
    while allocator.allocatePages(cpu, order: order, gfp) != nil { pages += order.pages }
    return pages
  }

  /// Tells the judge of a block as if it had been given out.
  func tell(_ cpu: CPU, _ frame: UInt32, _ order: Order, _ gfp: GFP) {
    judge.receive(
      cpu,
      TracepointEvent(
        kind: .allocated, order: order, type: .movable, frame: PageFrameNumber(frame),
        value: Int(gfp.rawValue)))
  }
}

@Suite("Grants")
struct GrantJudgeTests {
  @Test("memory taken to the last page by each kind of request breaks no rule")
  func clean() {
    let granted = GrantedAllocator()
    let rules = granted.rules { cpu in
      var pages = 0
      for gfp in [.highUserMovable, .kernel, .noWait, .atomic, GFP.kernel.union(.memAlloc)] {
        for order in [3, 1, 0] { pages += granted.exhaust(cpu, Order(order), gfp) }
      }
      #expect(pages == 2048)
    }
    #expect(rules == [])
    #expect(granted.allocator.counters(granted.allocator.zone(1)).reservedHighAtomic > 0)
  }

  @Test("a block of a zone that the request excludes is found, and one that is not aligned")
  func places() {
    let zone = GrantedAllocator()
    machineRules(zone, ["wrong-zone"]) { zone.tell($0, 1030, .zero, [.dma32, .directReclaim]) }
    let allowed = GrantedAllocator()
    machineRules(allowed, []) { allowed.tell($0, 8, Order(3), [.dma32, .directReclaim]) }
    let aligned = GrantedAllocator()
    machineRules(aligned, ["misaligned-block"]) { aligned.tell($0, 1030, Order(2), .kernel) }
  }

  private func machineRules(
    _ granted: GrantedAllocator, _ expected: [String], _ body: @escaping (CPU) -> Void
  ) {
    granted.machine.runAlone { body($0) }
    #expect(granted.machine.findings().findings.map(\.rule) == expected)
  }

  @Test("an allocator that forgets its watermarks breaks into the reserve")
  func reserve() {
    for (gfp, breaks) in [(GFP.kernel, true), (.atomic, true), ([.kernel, .memAlloc], false)] {
      let granted = GrantedAllocator()
      machineRules(granted, breaks ? ["reserve-broken"] : []) { cpu in
        for index in 0..<2 {
          let zone = granted.allocator.zone(index)
          for level in WatermarkLevel.allCases { zone.watermark(level).write(cpu, 0) }
        }
        #expect(granted.exhaust(cpu, .zero, gfp) > 1900)
      }
    }
  }

  @Test("a request that fails while a zone has plenty is found, and one that fails without is not")
  func failure() {
    let granted = GrantedAllocator()
    machineRules(granted, ["needless-failure"]) { cpu in
      for index in 0..<2 {
        let zone = granted.allocator.zone(index)
        for level in WatermarkLevel.allCases { zone.watermark(level).write(cpu, 5000) }
      }
      #expect(granted.allocator.allocatePages(cpu, order: .zero, .kernel) == nil)
    }
  }

  @Test("a page of the high-atomic reserve given to a request that may sleep is found")
  func highAtomic() {
    let granted = GrantedAllocator()
    machineRules(granted, ["reserve-taken"]) { cpu in
      // The blocks stay on the lists of movable ones.
      for block in 0..<granted.allocator.pageblocks.count {
        granted.allocator.pageblocks[block] = UInt32(Migratetype.highAtomic.rawValue)
      }
      _ = granted.allocator.allocatePages(cpu, order: Order(4), .highUserMovable)
    }
  }

  @Test("a boost or a reserve beyond its limit is found by a scan")
  func limits() {
    let boosted = GrantedAllocator()
    #expect(
      boosted.rules { cpu in
        let area = boosted.allocator.zone(0).firstArea.atBoot
        area.zone.watermarkBoost.write(cpu, 900, under: area)
      }
        == ["limit-exceeded"])
    let reserved = GrantedAllocator()
    #expect(
      reserved.rules { cpu in
        let area = reserved.allocator.zone(0).firstArea.atBoot
        area.zone.reservedHighAtomic.write(cpu, 24, under: area)
      }
        == ["counter-mismatch", "limit-exceeded"])
  }

  @Test("pages counted for another kind of zone, or another node, are found")
  func counts() {
    let kinds = GrantedAllocator()
    #expect(
      kinds.rules { cpu in
        cpu.count(CounterID(AllocatorCounter.pgallocDma.rawValue), 1)
        cpu.count(CounterID(AllocatorCounter.pgallocNormal.rawValue), -1)
      } == ["event-count-mismatch"])
    let nodes = GrantedAllocator()
    #expect(
      nodes.rules { cpu in
        cpu.count(CounterID(AllocatorCounter.numaLocal.rawValue), 1)
        cpu.count(CounterID(AllocatorCounter.numaOther.rawValue), -1)
      } == ["event-count-mismatch"])
  }

  @Test("pages drained, or taken under a zone lock, that nobody saw are found")
  func lockedCounts() {
    for counter in [AllocatorCounter.pagesDrained, .pagesTakenUnderZoneLock] {
      let granted = GrantedAllocator()
      #expect(
        granted.rules { cpu in
          let frame = granted.allocator.allocatePages(cpu, order: Order(2), .kernel)
          if let frame { granted.allocator.freePages(cpu, frame, order: Order(2)) }
          granted.allocator.drainLocal(cpu)
        } == [])
      #expect(
        granted.rules { $0.count(CounterID(counter.rawValue), 1) } == ["event-count-mismatch"])
    }
  }
}
