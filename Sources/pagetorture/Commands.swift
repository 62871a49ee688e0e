// The commands and their options.

import Arguments
import Bench
import Harness
import Outcomes

/// What the program can do.
enum Commands {
  /// All commands, in the order of the help text.
  static let all = [run, explore, replay, shrink, seeds, bench, list]

  /// The program's version and that of the outcomes it reads.
  static let version = "pagetorture 0.1.0 (outcome schema \(OutcomeHeader.currentSchemaVersion))"

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
        "overrides one field of the config, as in --set stop.duration=5s; list options"),
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

  /// `bench`.
  static let bench = CommandSpecification(
    "bench",
    "Measures the model against the same design in plain C, in turns; or exploration's speed.",
    operands: [
      OperandSpecification(
        "subject", choices: ["explore", "judges"], isOptional: true,
        "the speed of exploration instead, or what judges of schedules cost it")
    ],
    options: [
      OptionSpecification(
        "pattern", .text("NAME"),
        "one pattern instead of all: "
          + BenchPattern.allCases.map(\.rawValue).joined(separator: ", ") + "; for explore: "
          + ExploreProgram.allCases.map(\.rawValue).joined(separator: ", ")),
      OptionSpecification(
        "threads", .number("N"),
        "one number of threads instead of 1, 2, 4 and 8; for explore instead of 1 and 2"),
      OptionSpecification(
        "batch", .number("N"),
        "pages of a refill, 1 to \(BenchOptions.batchMax); the lists' limit is 6 times that"),
      OptionSpecification("frames", .number("N"), "frames of the memory, a multiple of 1024"),
      OptionSpecification("runs", .number("N"), "runs of each side, after one to warm up"),
      OptionSpecification(
        "strategy", .text("NAME"), repeats: true,
        "for explore: random, pct1 to pct16, pos, urw, surw instead of random and pct3"),
      OptionSpecification(
        "statistics", .text("MODE"),
        "what the model measures of itself: off, counts or timing; off if not given"),
      OptionSpecification("ledger", .flag, "lets the ownership ledger listen to the model"),
      OptionSpecification(
        "tsv", .flag,
        "prints a line for each phase instead: name, pattern, threads, median, minimum, maximum"),
    ],
    notes: [
      "Figures are nanoseconds of CPU per page, in the phase pair per pair. They mean something "
        + "only on a machine that does nothing else.",
      "bench explore takes --pattern, --strategy, --threads, --runs and --tsv, whose lines are "
        + "name, strategy, threads, median, minimum and maximum of million points a second, and "
        + "thousand schedules a second.",
      "bench judges takes no options; its lines are name, judge, median, minimum and maximum of "
        + "million points a second.",
      "Exit status: 0 measured, 1 a side broke a rule or lost pages, 2 bad input.",
    ])

  /// `list WHAT`.
  static let list = CommandSpecification(
    "list", "Shows what there is: options, workloads, configs, checks, bugs, strategies.",
    operands: [
      OperandSpecification(
        "listing", choices: ["options", "workloads", "configs", "checks", "bugs", "strategies"],
        "what to show")
    ],
    options: [OptionSpecification("json", .flag, "prints JSON, for programs")],
    notes: [
      "Options are those of a config and of --set, each with its range and its standard value.",
      "Configs are those in the directory configs below the current one.",
    ])
}
