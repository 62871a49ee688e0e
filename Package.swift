// swift-tools-version: 6.2
import PackageDescription

// With dynamic exclusivity checks a stack switch inside an access aborts the process.
let base: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-enforce-exclusivity=unchecked"]),
]

// For Machine and PageAllocator, whose small functions every layer inlines: without cross-module
// optimisation they cost 2.7 times as much, and its limit on the size of a function would leave
// the locks and cells out.  With it everywhere the first build takes 1.4 times the CPU time, and
// nothing is faster.
let settings =
  base + [.unsafeFlags(["-cross-module-optimization", "-Xllvm", "-cmo-function-size-limit=1000"])]

// Everywhere but in Machine, whose few files hold the raw memory behind small safe types.
let strict = settings + [.strictMemorySafety()]
let strictBase = base + [.strictMemorySafety()]

let package = Package(
  name: "pagetorture",
  products: [
    .executable(name: "pagetorture", targets: ["pagetorture"]),
    // The simulated machine for programs of one's own, without the allocator.
    .library(name: "Exploration", targets: ["Machine", "MachineChecks", "Exploration"]),
  ],
  traits: [
    .trait(
      name: "PageStructs64",
      description: "Page structs as large as the kernel's, for the bench: 64 bytes instead of 16")
  ],
  targets: [
    .target(name: "CMachine", exclude: ["README.md"]),
    .target(
      name: "Machine", dependencies: ["CMachine"], exclude: ["README.md"], swiftSettings: settings),
    .target(
      name: "MachineChecks", dependencies: ["Machine"], exclude: ["README.md"],
      swiftSettings: strictBase),
    .target(
      name: "PageAllocator", dependencies: ["CMachine", "Machine"], exclude: ["README.md"],
      swiftSettings: strict),
    // Readers of what people and kernels write; they know nothing of the package.
    .target(name: "JSON5", exclude: ["README.md"], swiftSettings: strictBase),
    .target(name: "Recordings", exclude: ["README.md"], swiftSettings: strictBase),
    .target(
      name: "Workloads", dependencies: ["Machine", "PageAllocator", "Recordings"],
      exclude: ["README.md"], swiftSettings: strictBase),
    .target(
      name: "Checker", dependencies: ["Machine", "PageAllocator"], exclude: ["README.md"],
      swiftSettings: strictBase),
    .target(
      name: "Exploration", dependencies: ["Machine", "MachineChecks", "JSON5"],
      exclude: ["README.md"],
      swiftSettings: strictBase),
    .target(
      name: "Outcomes", dependencies: ["Machine", "Exploration"], exclude: ["README.md"],
      swiftSettings: strictBase),
    .target(
      name: "Harness",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Workloads", "Checker", "Exploration",
        "JSON5", "Recordings", "Outcomes",
      ],
      exclude: ["README.md"], swiftSettings: strictBase),
    // The C of its own design that the bench compares the model with; used by nothing else.
    .target(name: "CReference", exclude: ["README.md"]),
    .target(
      name: "Bench",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration", "CReference",
      ],
      exclude: ["README.md"], swiftSettings: strictBase),
    .target(
      name: "Reports", dependencies: ["Machine", "Exploration", "Outcomes"],
      exclude: ["README.md"], swiftSettings: strictBase),
    // Damaged input for the readers, and the program of scripts/fuzz that feeds it to them.
    .target(
      name: "Fuzzing", dependencies: ["Machine", "JSON5", "Recordings", "Harness"],
      exclude: ["README.md"], swiftSettings: strictBase),
    .executableTarget(name: "fuzz", dependencies: ["Fuzzing"], swiftSettings: strictBase),
    // The words of a command line; the commands are those of the program.
    .target(
      name: "Arguments", dependencies: ["JSON5"], exclude: ["README.md"],
      swiftSettings: strictBase),
    .executableTarget(
      name: "pagetorture",
      dependencies: [
        "Arguments", "Bench", "Exploration", "Harness", "JSON5", "Outcomes", "Reports",
      ],
      swiftSettings: strictBase),
    .testTarget(
      name: "MachineTests", dependencies: ["CMachine", "Machine", "MachineChecks"],
      swiftSettings: base),
    .testTarget(
      name: "PageAllocatorTests",
      dependencies: ["Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration"],
      swiftSettings: base),
    .testTarget(
      name: "JSON5Tests", dependencies: ["JSON5"], swiftSettings: base),
    .testTarget(
      name: "RecordingsTests", dependencies: ["Recordings"], exclude: ["Fixtures"],
      swiftSettings: base),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments"], swiftSettings: base),
    .testTarget(
      name: "WorkloadsTests",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Recordings", "Workloads", "Checker",
      ],
      swiftSettings: base),
    .testTarget(
      name: "CheckerTests", dependencies: ["Machine", "PageAllocator", "Workloads", "Checker"],
      swiftSettings: base),
    .testTarget(
      name: "ExplorationTests",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration", "JSON5", "Harness",
        "Reports",
      ],
      swiftSettings: base),
    .testTarget(
      name: "HarnessTests",
      dependencies: [
        "Machine", "PageAllocator", "Recordings", "Workloads", "Checker", "Exploration", "JSON5",
        "Outcomes", "Harness",
      ],
      swiftSettings: base),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Machine", "MachineChecks", "Exploration", "Harness", "Outcomes", "Reports",
      ],
      exclude: ["Golden"], swiftSettings: base),
    .testTarget(
      name: "BenchTests", dependencies: ["Bench", "Exploration"], swiftSettings: base),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"], swiftSettings: base),
    .testTarget(name: "TidyTests", swiftSettings: base),
  ]
)
