// swift-tools-version: 6.2
import PackageDescription

// Measured to matter: without cross-module optimisation the layers cost 2.7 times as much; its
// limit on the size of a function would leave the locks and cells out; and with dynamic exclusivity
// checks a stack switch inside an access aborts the process.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .unsafeFlags([
    "-cross-module-optimization", "-Xllvm", "-cmo-function-size-limit=1000",
    "-enforce-exclusivity=unchecked",
  ]),
]

// Everywhere but in Machine, whose few files hold the raw memory behind small safe types.
let strict = settings + [.strictMemorySafety()]

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
      swiftSettings: strict),
    .target(
      name: "PageAllocator", dependencies: ["CMachine", "Machine"], exclude: ["README.md"],
      swiftSettings: strict),
    // Readers of what people and kernels write; they know nothing of the package.
    .target(name: "JSON5", exclude: ["README.md"], swiftSettings: strict),
    .target(name: "Recordings", exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "Workloads", dependencies: ["Machine", "PageAllocator", "Recordings"],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "Checker", dependencies: ["Machine", "PageAllocator"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Exploration", dependencies: ["Machine", "MachineChecks"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Harness",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Workloads", "Checker", "Exploration",
        "JSON5", "Recordings",
      ],
      exclude: ["README.md"], swiftSettings: strict),
    // The C of its own design that the bench compares the model with; used by nothing else.
    .target(name: "CReference", exclude: ["README.md"]),
    .target(
      name: "Bench",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration", "CReference",
      ],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "Reports", dependencies: ["Machine", "Exploration", "JSON5", "Harness"],
      exclude: ["README.md"], swiftSettings: strict),
    // Damaged input for the readers, and the program of scripts/fuzz that feeds it to them.
    .target(
      name: "Fuzzing", dependencies: ["Machine", "JSON5", "Recordings", "Harness"],
      exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(name: "fuzz", dependencies: ["Fuzzing"], swiftSettings: strict),
    // The words of a command line; the commands are those of the program.
    .target(
      name: "Arguments", dependencies: ["JSON5"], exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "pagetorture",
      dependencies: ["Arguments", "Bench", "Exploration", "Harness", "JSON5", "Reports"],
      swiftSettings: strict),
    .testTarget(
      name: "MachineTests", dependencies: ["CMachine", "Machine", "MachineChecks"],
      swiftSettings: settings),
    .testTarget(
      name: "PageAllocatorTests",
      dependencies: ["Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration"],
      swiftSettings: settings),
    .testTarget(
      name: "JSON5Tests", dependencies: ["JSON5"], swiftSettings: settings),
    .testTarget(
      name: "RecordingsTests", dependencies: ["Recordings"], exclude: ["Fixtures"],
      swiftSettings: settings),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments"], swiftSettings: settings),
    .testTarget(
      name: "WorkloadsTests",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Recordings", "Workloads", "Checker",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CheckerTests", dependencies: ["Machine", "PageAllocator", "Workloads", "Checker"],
      swiftSettings: settings),
    .testTarget(
      name: "ExplorationTests",
      dependencies: [
        "Machine", "MachineChecks", "PageAllocator", "Checker", "Exploration", "JSON5", "Harness",
        "Reports",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "HarnessTests",
      dependencies: [
        "Machine", "PageAllocator", "Recordings", "Workloads", "Checker", "Exploration", "JSON5",
        "Harness",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Machine", "MachineChecks", "Exploration", "Harness", "Reports"],
      exclude: ["Golden"], swiftSettings: settings),
    .testTarget(
      name: "BenchTests", dependencies: ["Bench", "Exploration"], swiftSettings: settings),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"], swiftSettings: settings),
    .testTarget(name: "TidyTests", swiftSettings: settings),
  ]
)
