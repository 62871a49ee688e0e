// What is guarded has one door: only the file of the door takes the lock, or reaches behind it.

import Testing

struct DoorTests {
  /// Lines of code of the allocator outside `doors` that match `pattern`, with their places.
  private func uses(of pattern: Regex<Substring>, outside doors: [String]) throws -> [String] {
    var found: [String] = []
    for file in try SourceTree.files("Sources/PageAllocator") where !doors.contains(file.name) {
      for line in file.code where line.text.contains(pattern) {
        found.append("\(file.path):\(line.number)")
      }
    }
    return found
  }

  @Test("only FreeArea.swift takes and releases the lock of a free area")
  func areaLock() throws {
    let doors = ["FreeArea.swift", "InterruptsOff.swift"]
    #expect(
      try uses(of: #/(?:tryLockIRQSave|lockIRQSave|unlockIRQRestore)\(/#, outside: doors) == [])
    #expect(try uses(of: #/LockedArea\(/#, outside: ["FreeArea.swift"]) == [])
  }

  @Test("the door of an area that needs no lock is for setting memory up alone")
  func boot() throws {
    let doors = ["FreeArea.swift", "Initialise.swift", "StartState.swift"]
    #expect(try uses(of: #/\.atBoot\b/#, outside: doors) == [])
  }

  @Test("only the files of LocalLists reach into a CPU's lists")
  func lists() throws {
    let door = try SourceTree.files("Sources/PageAllocator/LocalLists").map(\.name)
    let setUp = ["Initialise.swift", "StartState.swift", "Inspection.swift", "MemoryNames.swift"]
    let reaches = #/pcp\.(?:lock|count|high|batch|flags|allocFactor|freeCount|head)\b|HeldLists\(/#
    #expect(try uses(of: reaches, outside: door + setUp) == [])
  }

  @Test("an operation is written once: its copies are the compiler's")
  func twins() throws {
    #expect(try uses(of: #/AmongPoints\b|skippingPoints/#, outside: ["Operation.swift"]) == [])
  }

  @Test("the holder of a lock is said by a type, not by a comment")
  func comments() throws {
    for file in try SourceTree.files("Sources/PageAllocator") {
      for (index, line) in file.lines.enumerated() {
        #expect(!line.contains(#/Holds the (zone|pcp) lock/#), "\(file.path):\(index + 1)")
      }
    }
  }
}
