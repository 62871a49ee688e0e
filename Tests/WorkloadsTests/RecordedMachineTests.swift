// Tests of RecordedMachine: what it makes of the files of the recordings, and of odd ones.

import Foundation
import Machine
import PageAllocator
import Testing

@testable import Recordings
@testable import Workloads

@Suite struct RecordedMachineTests {
  private enum TraceFixture {
    /// The bytes of a file that was kept of a recorded machine.
    static func bytes(_ name: String) throws -> [UInt8] {
      let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
      let file = tests.appendingPathComponent("RecordingsTests/Fixtures/\(name)")
      return [UInt8](try Data(contentsOf: file))
    }
  }

  private func zones(_ name: String = "anon.zoneinfo.before") throws -> [ZoneDescription] {
    try ZoneInfoReader.read(TraceFixture.bytes(name), file: "z")
  }

  private func machine(_ name: String) throws -> RecordedMachine {
    try RecordedMachine(
      zones("\(name).zoneinfo.before"), file: "z",
      buddyInfo: BuddyInfoReader.read(TraceFixture.bytes("\(name).buddyinfo.before"), file: "b"),
      pageTypeInfo: PageTypeInfoReader.read(
        TraceFixture.bytes("\(name).pagetypeinfo.before"), file: "p"))
  }

  @Test("the recorded machine has its zones, CPUs and pageblocks", arguments: ["anon", "fs"])
  func shape(name: String) throws {
    let machine = try machine(name)
    #expect(machine.layouts.map(\.kind) == [.dma, .dma32, .normal])
    #expect(machine.layouts.map(\.managedPages) == machine.zones.map(\.managed))
    #expect(machine.cpuCount == 2 && machine.nodeCount == 1 && machine.nodeOfCPU == [0, 0])
    #expect(machine.tunables(AllocatorTunables()).pageblockOrder == Order(9))
    #expect(machine.mismatch == nil)
  }

  @Test("every number that the model computes is the kernel's", arguments: ["anon", "fs"])
  func numbers(name: String) throws {
    let machine = try machine(name)
    let rows = machine.comparison(machine.tunables(AllocatorTunables()))
    #expect(rows.filter { $0.kernel != $0.model } == [])
    #expect(Set(rows.map(\.zone)) == ["0 DMA", "0 DMA32", "0 Normal", "0 Movable"])
    #expect(rows.count > 30)
  }

  @Test("the start state has the free blocks of pagetypeinfo", arguments: ["anon", "fs"])
  func start(name: String) throws {
    let types = try PageTypeInfoReader.read(
      TraceFixture.bytes("\(name).pagetypeinfo.before"), file: "p")
    let start = try machine(name).start(nil)
    #expect(start.count == 3)
    for (zone, state) in zip(["DMA", "DMA32", "Normal"], start) {
      for (type, index) in [("Unmovable", 0), ("Movable", 1), ("Reclaimable", 2)] {
        let row = try #require(types.free.first { $0.zone == zone && $0.type == type })
        #expect(state.free[index] == row.freeBlocks, "\(zone) \(type)")
      }
    }
  }

  @Test("files of different machines do not go together")
  func mismatch() throws {
    let other = try BuddyInfoReader.read(TraceFixture.bytes("fs.buddyinfo.before"), file: "b")
    let wrong = other.map { row in
      BuddyInfoZone(node: row.node, zone: row.zone, freeBlocks: row.freeBlocks.map { $0 / 3 })
    }
    let machine = try RecordedMachine(
      zones("fs.zoneinfo.before"), file: "z", buddyInfo: wrong, pageTypeInfo: nil)
    #expect(machine.mismatch?.zone == "0 DMA32")
  }

  @Test("files of one machine at different times do not go together")
  func otherTime() throws {
    let other = try BuddyInfoReader.read(TraceFixture.bytes("fs.buddyinfo.before"), file: "b")
    let machine = try RecordedMachine(zones(), file: "z", buddyInfo: other, pageTypeInfo: nil)
    #expect(
      machine.mismatch
        == .init(zone: "0 Normal", inBlocks: 649_388, inZoneInfo: 695_320))
  }

  @Test("a machine beyond the limits is told with the limit and its number")
  func errors() throws {
    func problem(_ zones: [ZoneDescription]) -> TraceInputError.Problem? {
      do throws(TraceInputError) {
        _ = try RecordedMachine(zones, file: "z", buddyInfo: nil, pageTypeInfo: nil)
        return nil
      } catch { return error.problem }
    }
    let all = try zones()
    #expect(
      problem(all.filter { $0.managed == 0 })
        == .limit("zones DMA, DMA32, Normal and Movable", found: "none of them with memory"))
    let far = try String(decoding: TraceFixture.bytes("anon.zoneinfo.before"), as: UTF8.self)
      .replacing("cpu: 1", with: "cpu: 511")
    let many = try ZoneInfoReader.read(Array(far.utf8), file: "z")
    #expect(
      problem(many) == .limit("at most \(Machine.workerCountMax) CPUs", found: "512"))
  }
}
