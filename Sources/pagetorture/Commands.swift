// The commands and their options.

import Harness

/// What the program can do.
enum Commands {
  /// All commands, in the order of the help text.
  static let all = [run, list]

  /// The program's version and that of the outcomes it reads.
  static let version = "pagetorture 0.1.0 (outcome schema \(RunOutcome.currentSchemaVersion))"

  /// `run CONFIG`.
  static let run = CommandSpecification(
    "run", "Stresses the allocator on all CPUs as a config says, and judges it.",
    operands: [OperandSpecification("CONFIG", "the config, a JSON5 file")],
    options: [
      OptionSpecification(
        "seed", .number("N"),
        "the campaign seed instead of the config's, decimal or with 0x"),
      OptionSpecification(
        "set", .text("PATH=VALUE"), repeats: true,
        "overrides one field of the config, as in --set stop.duration=5s"),
      OptionSpecification(
        "bug", .text("NAME"), repeats: true,
        "switches on a seeded bug; list bugs shows them"),
      OptionSpecification(
        "json", .text("FILE"), "also writes the outcome to FILE, for programs"),
      OptionSpecification(
        "quiet", .flag, "prints neither the options at the start nor progress"),
    ],
    notes: [
      "Exit status: 0 clean, 1 finding, 2 bad input or a report that could not be written, "
        + "3 nothing was exercised.",
      "Ctrl-C ends the run early, with its report; a second one ends it at once, without.",
    ])

  /// `list WHAT`.
  static let list = CommandSpecification(
    "list", "Shows what there is: workloads, configs, checks, bugs.",
    operands: [
      OperandSpecification(
        "listing", choices: ["workloads", "configs", "checks", "bugs"], "what to show")
    ],
    options: [OptionSpecification("json", .flag, "prints JSON, for programs")],
    notes: ["Configs are those in the directory configs below the current one."])
}
