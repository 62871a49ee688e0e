// Rules of style that hold for every line of the package.

import Testing

struct TidyTests {
  @Test("every file of the sources starts with a comment that says what it is")
  func headers() throws {
    let files = try SourceTree.files("Sources") + SourceTree.files("Sources", ".c")
    let without = files.filter { file in
      let first = file.lines.first ?? ""
      return !first.hasPrefix("// ") || first.count < 20
    }
    #expect(without.map(\.path) == [])
  }

  @Test("a file of modelled code says what of the kernel it models")
  func modelledCode() throws {
    // What the kernel has no counterpart of: the tester's own names, units, handles and windows.
    let own = [
      "AllocatorNames", "FrameTable", "GFP", "HeldLists", "Inspection", "ListProtection",
      "MemoryNames", "Operation", "PageAllocator", "PageSlots", "PageSource", "PageStamp",
      "SeededBugRecord", "SeededBugRecords", "SeededBugs", "StartState", "Tracepoints", "Units",
    ]
    let files = try SourceTree.files("Sources/PageAllocator")
    for file in files where !own.contains(String(file.name.dropLast(6))) {
      let header = file.lines.prefix { $0.hasPrefix("//") }
      let models = header.contains { $0.hasPrefix("// Models  ") }
      #expect(models, "\(file.path): the header has no line that begins with `// Models  `")
    }
    for name in own {
      #expect(files.contains { $0.name == name + ".swift" }, "\(name).swift is gone")
    }
  }

  @Test("the compiler proves of each entry of the allocator that it neither locks nor allocates")
  func provenEntries() throws {
    var without: [String] = []
    var entries = 0
    for file in try SourceTree.files("Sources/PageAllocator") {
      for (index, line) in file.lines.enumerated() {
        let next = index + 1 < file.lines.count ? file.lines[index + 1] : ""
        let takesCPU = line.contains("(_ cpu: CPU") || next.hasPrefix("    _ cpu: CPU")
        if !line.hasPrefix("  public func") || !takesCPU { continue }
        entries += 1
        let above = file.lines[max(index - 4, 0)..<index]
        if !above.contains("    @_noLocks @_noAllocation") {
          without.append("\(file.path):\(index + 1)")
        }
      }
    }
    #expect(without == [])
    #expect(entries >= 14)
  }

  @Test("no line is longer than 100 columns")
  func lineLength() throws {
    let texts = try SourceTree.swiftFiles() + SourceTree.files("configs", ".json5")
    var long: [String] = []
    for file in texts {
      for (index, line) in file.lines.enumerated() where line.count > 100 {
        long.append("\(file.path):\(index + 1): \(line.count) columns")
      }
    }
    #expect(long == [])
  }

  @Test("no file is longer than 500 lines")
  func fileLength() throws {
    let long = try SourceTree.swiftFiles().filter { $0.lines.count > 500 }
    #expect(long.map { "\($0.path): \($0.lines.count) lines" } == [])
  }

  @Test("nothing is left to be done later, and nobody's own machine is named")
  func leftovers() throws {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    let places = ["/" + "work/", "/" + "tmp/", "\"/" + "tmp\"", ".." + "/shared", "/" + "home/"]
    var found: [String] = []
    for file in try SourceTree.swiftFiles() + documents() {
      for (index, line) in file.lines.enumerated() {
        for word in words + places where line.contains(word) {
          found.append("\(file.path):\(index + 1): \(word)")
        }
      }
    }
    #expect(found == [])
  }

  private func documents() throws -> [SourceFile] {
    try SourceTree.files("configs", ".json5") + SourceTree.files("Sources/CMachine", ".c")
      + SourceTree.files("Sources/CMachine", ".h") + SourceTree.files("Sources/CMachine", ".S")
      + SourceTree.documents()
  }
}
