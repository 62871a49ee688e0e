// Which target may know which: the layers, and what deterministic code may not know at all.

import Foundation
import Testing

struct LayerTests {
  /// The modules of the package that a target may import.
  private static let imports: [String: Set<String>] = [
    "Sources/Machine": ["CMachine"],
    "Sources/MachineChecks": ["Machine"],
    "Sources/PageAllocator": ["Machine"],
    "Sources/JSON5": [],
    "Sources/Recordings": [],
    "Sources/Workloads": ["Machine", "PageAllocator", "Recordings"],
    "Sources/Checker": ["Machine", "PageAllocator"],
    "Sources/Exploration": ["Machine", "MachineChecks", "JSON5"],
    "Sources/Outcomes": ["Machine", "Exploration"],
    "Sources/Harness": [
      "Machine", "MachineChecks", "PageAllocator", "Workloads", "Checker", "Exploration", "JSON5",
      "Recordings", "Outcomes",
    ],
    "Sources/Bench": [
      "Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration", "CReference",
    ],
    "Sources/Reports": ["Machine", "Exploration", "Outcomes"],
    "Sources/Fuzzing": ["Machine", "JSON5", "Recordings", "Harness"],
    "Sources/fuzz": ["Fuzzing"],
    "Sources/Arguments": ["JSON5"],
    "Sources/pagetorture": [
      "Arguments", "Bench", "Exploration", "Harness", "JSON5", "Outcomes", "Reports",
    ],
  ]

  /// The modules of the toolchain that a target may import; Synchronization is for everybody.
  private static let toolchain: [String: Set<String>] = [
    "Sources/Machine": ["Glibc"],
    "Sources/Reports": ["Foundation"],
    "Sources/fuzz": ["Foundation", "Dispatch"],
    "Sources/pagetorture": ["Foundation", "Dispatch"],
  ]

  /// What single files may import besides.
  private static let exceptions: [String: Set<String>] = [
    "Sources/Machine/Native/NativeMachine.swift": ["Dispatch"],
    "Sources/Machine/Native/ThreadTeam.swift": ["Dispatch"],
    // The bench measures: it has threads and a clock.
    "Sources/Bench/BenchTeam.swift": ["Dispatch"],
    "Sources/Bench/Rendezvous.swift": ["Dispatch", "Glibc"],
    "Sources/Bench/ThreadClock.swift": ["Glibc"],
    // Subscribers are called through the hook trampoline, out of code that must not lock.
    "Sources/PageAllocator/Tracepoints.swift": ["CMachine"],
  ]

  @Test("every import goes down the layers")
  func layers() throws {
    for file in try SourceTree.files("Sources") {
      let known = try #require(Self.imports[file.target], "\(file.target) is in no layer")
      let allowed = known.union(Self.toolchain[file.target] ?? [])
        .union(Self.exceptions[file.path] ?? []).union(["Synchronization"])
      for line in file.code where line.text.contains(#/^(@\w+ )*import /#) {
        let module = String(line.text.split(separator: " ").last ?? "")
        #expect(allowed.contains(module), "\(file.path):\(line.number): imports \(module)")
      }
    }
  }

  @Test("the tables of layers name only what is there")
  func tables() throws {
    let targets = Set(try SourceTree.files("Sources").map(\.target))
    #expect(targets == Set(Self.imports.keys))
    for path in Self.exceptions.keys { _ = try SourceTree.file(path) }
  }

  @Test("the manifest gives each target the layers that it may import, and no more")
  func manifest() throws {
    // The build does not refuse an import that the manifest does not know: what is built already is
    // found all the same.
    let text = try SourceTree.file("Package.swift").code.map(\.text).joined()
    let target = #/arget\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]/#
    var given: [String: Set<String>] = [:]
    for match in text.matches(of: target) {
      let names = match.output.2.matches(of: #/"(\w+)"/#).map { String($0.output.1) }
      given["Sources/\(match.output.1)"] = Set(names)
    }
    for (target, layers) in Self.imports {
      let single = Self.exceptions.filter { $0.key.hasPrefix(target + "/") }.values
      let modules = single.reduce(layers) { $0.union($1) }
        .subtracting(["Foundation", "Dispatch", "Glibc"])
      // A leaf says no dependencies at all.
      #expect(given[target] ?? [] == modules, "\(target)")
    }
  }

  @Test(
    "deterministic code knows no clock, thread, environment, address or chance",
    arguments: [
      #"\bDate\("#, #"\bDispatch(Queue|Time|Group|Semaphore|WorkItem|Source)\b"#, #"\bThread[.(]"#,
      #"\bProcessInfo\b"#, #"\bgetenv\("#, #"\.random\("#, #"\.randomElement\("#,
      #"\.shuffled?\(\)"#, #"SystemRandomNumberGenerator"#, #"\bhashValue\b"#, #"\bHasher\b"#,
      #"\bObjectIdentifier\("#, #"ContinuousClock|SuspendingClock"#, #"\bclock_gettime\("#,
      #"\bgettimeofday\("#, #"\bTask(\.detached)?\s*\{"#, #"\bpthread_"#,
    ])
  func forbidden(pattern: String) throws {
    let found = try SourceTree.deterministicFiles().flatMap { $0.places(matching: pattern) }
    #expect(found == [])
  }

  @Test("deterministic code asks sets and dictionaries, but never walks them")
  func hashOrder() throws {
    var found: [String] = []
    for file in try SourceTree.deterministicFiles() {
      for name in Self.hashedNames(file) {
        let walks =
          #"\bin (self\.)?NAME\b(?![\[.(])|\bNAME\??\."#
          + #"(map|compactMap|flatMap|filter|forEach|reduce|keys|values|first|sorted|enumerated|"#
          + #"makeIterator|popFirst|randomElement|mapValues)\b"#
        found += file.places(matching: walks.replacingOccurrences(of: "NAME", with: name))
      }
      found += file.places(matching: #"\bin Set\(|\bDictionary\(grouping|Array\(Set\("#)
    }
    #expect(found == [])
  }

  /// The variables and members of a file that are declared as a set or a dictionary.
  private static func hashedNames(_ file: SourceFile) -> [String] {
    let declared =
      /\b(?:let|var) (\w+)(?:: (?:Set<|\[[\w.]+: )| = (?:\[[\w.]+: .*\]\(|Set[<(]))/
    return file.code.flatMap { line in
      line.text.matches(of: declared).map { String($0.output.1) }
    }
  }

  @Test("the state of the allocator is reached through cells, in the files that own it")
  func guardedState() throws {
    let cells = #"\.(plain|marked|atomic|shared)\("#
    let owners = [
      "FrameTable.swift", "FreeArea.swift", "Inspection.swift", "PerCPUPages.swift",
      "Pageblock.swift", "PageStamp.swift", "Zone.swift",
    ]
    let atRest = #"\.atRest\b|AtRest\("#
    let judges = [
      "Inspection.swift", "FrameTable.swift", "FreeArea.swift", "StartState.swift",
    ]
    let memory = #"\bUnsafe|\.assumingMemoryBound|\.bindMemory|\.load\(ordering|\bAtomic<"#
    // The handle on all state, the subscribers that are called through it, and what a call passes.
    let holders = [
      "PageAllocator.swift", "Initialise.swift", "Tracepoints.swift", "SeededBugs.swift",
    ]
    for file in try SourceTree.files("Sources/PageAllocator") {
      if !owners.contains(file.name) { #expect(file.places(matching: cells) == []) }
      if !judges.contains(file.name) { #expect(file.places(matching: atRest) == []) }
      if !holders.contains(file.name) { #expect(file.places(matching: memory) == []) }
    }
  }

  @Test("makers of reports say what is told, and only the renderer how it looks")
  func renderer() throws {
    let layout = #"\bTextLayout\.(?!trailing)|\bText(Table|Command|Renderer)\b|\\n"#
    for folder in ["Document", "Run", "Schedules"] {
      let files = try SourceTree.files("Sources/Reports/\(folder)")
      #expect(!files.isEmpty && files.flatMap { $0.places(matching: layout) } == [])
    }
  }

  @Test("only the machine, the reader of recordings and the C reference's side hold raw memory")
  func rawMemory() throws {
    let pattern = #"\b(Unsafe(Mutable)?(Raw|Buffer)?(Buffer)?|Opaque)Pointer\b|\bUnmanaged\b"#
    let targets = [
      "MachineChecks", "Workloads", "Checker", "Exploration", "Harness", "Bench", "Reports",
      "JSON5", "Recordings", "Outcomes", "Arguments",
    ]
    let holders = ["TraceBytes.swift", "ReferenceSide.swift"]
    for target in targets {
      let files = try SourceTree.files("Sources/\(target)").filter { !holders.contains($0.name) }
      #expect(files.flatMap { $0.places(matching: pattern) } == [])
    }
  }
}
