// The text of `--help`, printed from what the parser itself reads.

import Arguments
import Harness
import Reports

/// Prints help.
enum HelpText {
  /// All commands.
  static func overview() -> String {
    var lines = [
      "pagetorture: stresses a model of the Linux page allocator and judges it.", "",
      "usage: pagetorture COMMAND ...", "", "commands:",
    ]
    lines += list(Commands.all.map { (usage($0), $0.summary) })
    lines += ["", "options:"]
    lines += list([
      ("COMMAND --help", "what a command takes"), ("--version", "the version"),
    ])
    return lines.joined(separator: "\n") + "\n"
  }

  /// One command.
  static func render(_ command: CommandSpecification) -> String {
    var lines = TextLayout.wrapped(command.summary)
    lines += ["", "usage: pagetorture \(usage(command)) [option]..."]
    lines.append("")
    lines += list(command.operands.map { (name($0), $0.summary) })
    lines += ["", "options:"]
    let options = command.options.map {
      ($0.usage, $0.repeats ? $0.summary + "; may be repeated" : $0.summary)
    }
    lines += list(options + [("--help", "this text")])
    for note in command.notes { lines += [""] + TextLayout.wrapped(note) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func usage(_ command: CommandSpecification) -> String {
    ([command.name] + command.operands.map(name)).joined(separator: " ")
  }

  private static func name(_ operand: OperandSpecification) -> String {
    var name = operand.choices.isEmpty ? operand.name : operand.choices.joined(separator: "|")
    if operand.repeats { name += "..." }
    return operand.isOptional ? "[\(name)]" : name
  }

  /// Terms with their meaning beside them, or below where a term is long.
  private static func list(_ entries: [(term: String, meaning: String)]) -> [String] {
    let width = 20
    let margin = String(repeating: " ", count: width)
    return entries.flatMap { entry in
      let term = "  \(entry.term)"
      if term.count + 2 > width {
        return [term] + TextLayout.wrapped(entry.meaning, first: margin, rest: margin)
      }
      return TextLayout.wrapped(
        entry.meaning, first: TextLayout.leading(term, width), rest: margin)
    }
  }
}
