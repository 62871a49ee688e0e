// The command that runs the same again, as a person would type it.

/// Writes command lines.
public enum RepeatCommand {
  /// The command for a run, or another `command`, with this seed, quoted for a POSIX shell.
  ///
  /// - Parameters:
  ///   - file: The config, as named on the command line.
  ///   - isOutcome: True if the file is an outcome whose config is meant.
  ///   - seed: The seed that the run had, wherever it came from.
  ///   - settings: `path=value` of each `--set`, in order.
  ///   - bugs: The name of each `--bug`.
  ///   - words: Other options with their values.
  public static func text(
    _ command: String = "run", file: String, isOutcome: Bool = false, seed: UInt64,
    settings: [String], bugs: [String], words: [String] = []
  ) -> String {
    var line = ["pagetorture", command] + (isOutcome ? ["--from"] : [])
    // A file whose name looks like an option is given as a path that does not.
    line.append(file.hasPrefix("-") ? "./\(file)" : file)
    line += ["--seed", "\(seed)"]
    for setting in settings { line += ["--set", setting] }
    for bug in bugs { line += ["--bug", bug] }
    return (line + words).map(quoted).joined(separator: " ")
  }

  /// The word as it is if no shell would touch it, else in single quotes.
  public static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./=:,+@%".utf8.contains(byte)
      }
    }
    if isPlain, !word.isEmpty { return word }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
