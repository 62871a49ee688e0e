// A block on a per-CPU list of another type than its pageblock's is found, unless there is a way
// for it to have come there.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Types of per-CPU lists")
struct ListTypeTests {
  private let judged = JudgedAllocator()
  private var allocator: PageAllocator { judged.allocator }

  /// A movable page that was freed to this CPU's list.
  private func freed(_ cpu: CPU) -> PageFrameNumber {
    let frame = judged.take(cpu, 0, .highUserMovable)
    allocator.freePages(cpu, frame, order: .zero)
    return frame
  }

  /// Puts a page of a per-CPU list on that of another type.
  private func misplace(_ cpu: CPU, _ frame: PageFrameNumber, _ type: Migratetype) {
    let pcp = allocator.perCPUPages(cpu: 0, zone: 0)
    allocator.frames.remove(cpu, frame)
    allocator.frames.insertFirst(cpu, frame, in: pcp.head(list: PerCPUPages.list(.zero, type)))
  }

  /// The same of a page that was stolen when it was taken.
  private func misplaceStolen(_ cpu: CPU) {
    let frame = freed(cpu)
    allocator.emit(cpu, .fellBack, frame, .zero, .movable, Migratetype.movable.index)
    misplace(cpu, frame, .unmovable)
  }

  /// Rules of a scan after CPU 0 ran `body`.
  private func rules(_ body: @escaping (CPU) -> Void) -> [String] {
    judged.machine.runAlone { body($0) }
    #expect(judged.rulesOfCPUs == [])
    return judged.rulesOfScan()
  }

  @Test("a page on the list of another type is found", arguments: Migratetype.allCases.prefix(3))
  func misplaced(type: Migratetype) {
    let found = rules { misplace($0, freed($0), type) }
    #expect(found == (type == .movable ? [] : ["pcp-type-mismatch"]))
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("a page may be on the list of the type that its pageblock had")
  func retyped() {
    let found = rules { cpu in
      let frame = freed(cpu)
      let zone = allocator.zone(0)
      #expect(
        allocator.movePageblock(cpu, zone.firstArea.atBoot, frame, from: .movable, to: .unmovable)
          > 0)
      #expect(allocator.pageblockType(frame) == .unmovable)
    }
    #expect(found == [])
  }

  @Test("a pageblock of the high-atomic reserve has its pages with the movable ones")
  func highAtomic() {
    let found = rules { cpu in
      let frame = judged.take(cpu, 6, .highUserMovable)
      allocator.drainLocal(cpu)
      let area = allocator.zone(0).firstArea.atBoot
      allocator.setBlockType(cpu, area, frame, .highAtomic)
      area.zone.reservedHighAtomic.write(cpu, 64, under: area)
      allocator.split(cpu, frame, order: Order(6))
      for offset in 0..<2 {
        allocator.freePages(cpu, frame.advanced(by: offset), order: .zero)
      }
    }
    #expect(found == [])
    #expect(judged.allocator.perCPUState(cpu: 0, zone: 0).count > 0)
  }

  @Test("a stolen page may be on the list of who stole it, until all of its pageblock was free")
  func stolen() {
    #expect(rules { misplaceStolen($0) } == [])
    let anew = rules { cpu in
      allocator.drainLocal(cpu)
      let area = allocator.zone(0).firstArea.atBoot
      for index in 0..<4 {
        let block = PageFrameNumber(UInt32(index * 1024))
        allocator.setBlockTypes(cpu, area, block, .max, .movable)
      }
      misplace(cpu, freed(cpu), .unmovable)
    }
    #expect(anew == ["pcp-type-mismatch"])
  }

  @Test("each schedule begins with no excuse")
  func reset() {
    #expect(rules { misplaceStolen($0) } == [])
    judged.types.reset()
    #expect(judged.rulesOfScan() == ["pcp-type-mismatch"])
  }
}
