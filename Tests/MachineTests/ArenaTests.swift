// Memory is given out zeroed, on lines of its own, and never beyond what was reserved.

import Testing

@testable import Machine

struct ArenaTests {
  @Test("tables are zero, start on lines of their own, and do not overlap")
  func tables() {
    let arena = Arena(byteCount: 1 << 16)
    var ends: [Int] = [0]
    for count in [0, 1, 7, 8, 9, 100] {
      let table = arena.table(of: Int.self, count: count)
      let offset = arena.offset(of: table.base)
      #expect(table.count == count)
      #expect((offset ?? 1) % 64 == 0)
      #expect((offset ?? 0) >= ends[ends.count - 1])
      #expect((0..<count).allSatisfy { table[$0] == 0 })
      ends.append((offset ?? 0) + count * 8)
    }
    #expect(arena.used >= ends[ends.count - 1])
  }

  @Test("the size is rounded up to pages, and all of it can be used")
  func size() {
    let arena = Arena(byteCount: 1)
    #expect(arena.byteCount == 4096)
    let table = arena.table(of: UInt8.self, count: 4096)
    table[4095] = 7
    #expect(table[4095] == 7)
    #expect(arena.used == 4096)
  }

  @Test("an address outside the arena has no offset")
  func foreignAddress() {
    let arena = Arena(byteCount: 4096)
    let other = Arena(byteCount: 4096)
    let table = other.table(of: Int.self, count: 1)
    #expect(other.offset(of: table.base) == 0)
    #expect(arena.offset(of: table.base) == nil)
    #expect(arena.offset(of: arena.base + 4095) == 4095)
    #expect(arena.offset(of: arena.base + 4096) == nil)
  }

  @Test("asking for more than there is stops the process with the rule")
  func exhausted() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let arena = Arena(byteCount: 4096)
      _ = arena.table(of: UInt8.self, count: 4097)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("the arena was sized for what is put in it"))
  }

  @Test("a size that the system does not have ends the process with one line and status 2")
  func noAddressSpace() async {
    let result = await #expect(
      processExitsWith: .exitCode(2), observing: [\.standardErrorContent]
    ) {
      _ = Arena(byteCount: 1 << 60)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("pagetorture: not enough memory: 1152921504606846976 bytes"))
  }

  @Test("a placed value stays where it is")
  func place() {
    let arena = Arena(byteCount: 4096)
    let pointer = arena.place((1, 2))
    _ = arena.table(of: Int.self, count: 10)
    #expect(pointer.pointee == (1, 2))
    #expect(arena.offset(of: pointer) == 0)
  }
}
