// The commands about schedules of the simulated machine, and their options.

import Arguments
import Exploration
import Harness

extension Commands {
  /// `explore CONFIG`.
  static let explore = CommandSpecification(
    "explore",
    "Searches schedules of a config, scaled down, on the simulated machine for a finding.",
    operands: [
      OperandSpecification(
        "CONFIG", isOptional: true, "the config, a JSON5 file; none with --from")
    ],
    options: [
      OptionSpecification(
        "from", .text("OUTCOME"),
        "looks for the finding of a run in its outcome, as --json wrote it, with its config, "
          + "seed and bugs"),
      OptionSpecification(
        "schedules", .number("N"), "schedules at most; the same on any number of threads"),
      OptionSpecification(
        "time", .text("DURATION"),
        "time at most, in seconds or like 90s or 8h; 10s if --schedules is not given either"),
      OptionSpecification(
        "seed", .number("N"),
        "the campaign seed instead of the config's, decimal or with 0x"),
      OptionSpecification(
        "strategy", .text("NAME"),
        "portfolio if not given; list strategies; preemptions:N and delays:N up to bound N"),
      OptionSpecification("threads", .number("N"), "threads, 1 to 64; one for each core"),
      OptionSpecification(
        "bug", .text("NAME"), repeats: true,
        "switches on a seeded bug; list bugs shows them"),
      OptionSpecification(
        "set", .text("PATH=VALUE"), repeats: true,
        "overrides one field of the config, as in --set explore.operations=5; list options"),
      OptionSpecification(
        "races", .flag,
        "looks for races and at the order of locks in every schedule, not in one of "
          + "\(ParallelExplorer.judgedOneIn)"),
      OptionSpecification("no-shrink", .flag, "leaves a failing schedule as it was found"),
      OptionSpecification(
        "output", .text("FILE"),
        "the seed file of a finding; seeds/NAME.seed.json after the bug or the config"),
      OptionSpecification(
        "json", .text("FILE"), "also writes the outcome to FILE, for programs"),
      OptionSpecification("quiet", .flag, "prints neither options nor progress"),
    ],
    notes: [
      "A finding is replayed twice, shrunk, explained, and written to a seed file.",
      "preemptions, delays and exhaustive run every schedule of one set of requests on one thread, "
        + "and tell at which bound they are complete.",
      "Exit status: 0 clean, 1 finding, 2 bad input or a file that could not be written, "
        + "3 no schedule took some path that the config requires.",
    ])

  /// `replay SEED...`.
  static let replay = CommandSpecification(
    "replay", "Runs the schedules of seed files again and compares them with what they recorded.",
    operands: [
      OperandSpecification("SEED", repeats: true, "a seed file, or a directory of some")
    ],
    options: [
      OptionSpecification(
        "trace", .text("FILE"), "writes the steps as Chrome trace events, for Perfetto"),
      OptionSpecification(
        "bisect", .flag,
        "for git bisect run: looks for the finding in the schedule, then around it; ends with 1 if "
          + "it shows, 0 if it is gone, 125 for a file that cannot be loaded"),
      OptionSpecification(
        "replays", .number("N"),
        "with --bisect: schedules that may be run, 1 to 10000000; 5000 if not given"),
      OptionSpecification(
        "continue", .text("STRATEGY"),
        "follows the schedule of one file for a while, then goes on freely, many times"),
      OptionSpecification(
        "until", .number("STEP"),
        "with --continue: the last step followed, from 0; the last recorded decision if not "
          + "given"),
      OptionSpecification(
        "schedules", .number("N"), "with --continue: schedules at most; 10000 if not given"),
      OptionSpecification(
        "output", .text("FILE"),
        "with --continue: the seed file of a finding; NAME-continued.seed.json here if not given"),
      OptionSpecification(
        "json", .text("FILE"), "also writes the outcome of one file to FILE, for programs"),
      OptionSpecification("quiet", .flag, "prints a line for each file and no explanation"),
    ],
    notes: [
      "Exit status: 0 each did and showed what it must, 1 a finding that should show did not, or "
        + "one that should not, 2 bad input, 4 a replay diverged.",
      "With --continue: 0 clean, 1 finding, 2 bad input. A finding other than the file's ends the "
        + "search; it is shrunk and explained.",
    ])

  /// `shrink SEED`.
  static let shrink = CommandSpecification(
    "shrink", "Shrinks the schedule of a seed file further, and writes it back.",
    operands: [OperandSpecification("SEED", "a seed file")],
    options: [
      OptionSpecification(
        "replays", .number("N"), "schedules that may be run, 2 to 10000000; 50000 if not given"),
      OptionSpecification("output", .text("FILE"), "another file to write"),
    ],
    notes: ["Exit status: 0 written, 2 bad input, 4 the finding does not show any more."])

  /// `seeds check|refresh`.
  static let seeds = CommandSpecification(
    "seeds", "Sees whether findings of seed files still show, and records files anew.",
    operands: [
      OperandSpecification(
        "action", choices: ["check", "refresh"],
        "only look, or write anew those whose finding still shows"),
      OperandSpecification(
        "SEED", isOptional: true, repeats: true, "files or directories; seeds if not given"),
    ],
    options: [
      OptionSpecification(
        "replays", .number("N"),
        "schedules that may be run to find a finding again, 1 to 10000000; 5000 if not given")
    ],
    notes: [
      "A finding that the recorded schedule does not show any more, because the allocator's code "
        + "has changed, is looked for around it: with decisions moved, left out, and redrawn.",
      "Exit status: 0 all show what they must, 2 bad input, 4 a finding is gone; its file stays.",
    ])
}
