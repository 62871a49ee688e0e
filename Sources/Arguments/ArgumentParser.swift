// Reads the words of a command line: `--k v`, `--k=v`, `--` for the end of the options.
//
// Rule  A value that begins with two dashes needs the form `--k=v`: `--seed --quiet` is a value
//       forgotten, not a value.

import JSON5

/// What a command line asks for.
public enum CommandLineRequest: Sendable, Equatable {
  /// The help of one command; of all if nil.
  case help(CommandSpecification?)
  /// The version.
  case version
  /// A command with its arguments.
  case command(CommandSpecification, ParsedArguments)
}

/// Reads command lines.
public struct ArgumentParser: Sendable {
  private let commands: [CommandSpecification]

  /// A parser for a program with these commands.
  public init(_ commands: [CommandSpecification]) { self.commands = commands }

  /// Reads the words after the program's name.
  public func parse(_ words: [String]) throws(ArgumentError) -> CommandLineRequest {
    guard let first = words.first else {
      throw ArgumentError("a command is missing: \(commandNames); see pagetorture --help")
    }
    switch first {
    case "--help", "-h": return .help(nil)
    case "--version": return .version
    case "help":
      guard words.count > 1 else { return .help(nil) }
      return .help(try command(words[1]))
    default: break
    }
    if first.hasPrefix("-") {
      let names = ["--help", "--version"]
      throw ArgumentError(
        unknown("option", first, among: names) ?? "\(quoted(first)) is not a command: "
          + "options follow one of \(commandNames)")
    }
    let command = try command(first)
    let rest = words.dropFirst()
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return .help(command)
    }
    return .command(command, try arguments(rest, of: command))
  }

  private var commandNames: String { commands.map(\.name).joined(separator: ", ") }

  private func command(_ word: String) throws(ArgumentError) -> CommandSpecification {
    if let found = commands.first(where: { $0.name == word }) { return found }
    throw ArgumentError(
      unknown("command", word, among: commands.map(\.name))
        ?? "unknown command \(quoted(word)); there are \(commandNames)")
  }

  private func arguments(
    _ words: ArraySlice<String>, of command: CommandSpecification
  ) throws(ArgumentError) -> ParsedArguments {
    var parsed = ParsedArguments()
    var rest = words
    while let word = rest.popFirst() {
      if word == "--" {
        parsed.operands += rest
        break
      } else if word.hasPrefix("-"), word != "-" {
        try readOption(word, &rest, command, &parsed)
      } else {
        parsed.operands.append(word)
      }
    }
    try checkOperands(parsed.operands, of: command)
    return parsed
  }

  private func readOption(
    _ word: String, _ rest: inout ArraySlice<String>, _ command: CommandSpecification,
    _ parsed: inout ParsedArguments
  ) throws(ArgumentError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let written = String(parts[0])
    guard written.hasPrefix("--"), let option = command.option(String(written.dropFirst(2)))
    else {
      let names = command.options.map { "--" + $0.name } + ["--help"]
      throw ArgumentError(
        unknown("option", written, among: names)
          ?? "unknown option \(quoted(written)); see pagetorture \(command.name) --help")
    }
    if !option.repeats, parsed.flag(option.name) {
      throw ArgumentError("--\(option.name) is given twice")
    }
    let attached = parts.count == 2 ? String(parts[1]) : nil
    let text = try value(of: option, attached, &rest)
    let number = try number(text, of: option)
    parsed.values.append((option: option.name, text: text, number: number))
  }

  /// The option's text: what follows `=`, or the next word.
  private func value(
    of option: OptionSpecification, _ attached: String?, _ rest: inout ArraySlice<String>
  ) throws(ArgumentError) -> String {
    guard let name = option.kind.valueName else {
      guard attached == nil else { throw ArgumentError("--\(option.name) takes no value") }
      return ""
    }
    if let attached {
      guard !attached.isEmpty else {
        throw ArgumentError("--\(option.name)= has nothing behind it: \(option.usage)")
      }
      return attached
    }
    guard let next = rest.first else {
      throw ArgumentError("--\(option.name) needs a value: \(option.usage)")
    }
    guard !next.hasPrefix("--") else {
      throw ArgumentError(
        "--\(option.name) needs a value, but \(quoted(next)) follows: \(option.usage), "
          + "or --\(option.name)=\(name) for a value that begins with dashes")
    }
    guard !next.isEmpty else {
      throw ArgumentError("--\(option.name) has an empty value: \(option.usage)")
    }
    rest.removeFirst()
    return next
  }

  private func number(
    _ text: String, of option: OptionSpecification
  ) throws(ArgumentError) -> UInt64 {
    guard case .number = option.kind else { return 0 }
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHexadecimal ? text.dropFirst(2) : Substring(text)
    // A sign is no digit here, though UInt64 would take one.
    guard digits.utf8.first != UInt8(ascii: "+"),
      let number = UInt64(digits, radix: isHexadecimal ? 16 : 10)
    else {
      throw ArgumentError(
        "--\(option.name) is a whole number of 0 ... 18446744073709551615, not \(quoted(text))")
    }
    return number
  }

  private func checkOperands(
    _ operands: [String], of command: CommandSpecification
  ) throws(ArgumentError) {
    let help = "see pagetorture \(command.name) --help"
    if operands.count < command.operands.count, !command.operands[operands.count].isOptional {
      let missing = command.operands[operands.count]
      let name = missing.choices.isEmpty ? missing.name : missing.choices.joined(separator: " or ")
      throw ArgumentError("\(command.name) needs \(name); \(help)")
    }
    if operands.count > command.operands.count, command.operands.last?.repeats != true {
      let extra = quoted(operands[command.operands.count])
      throw ArgumentError("\(command.name) does not know what to do with \(extra); \(help)")
    }
    for (operand, specification) in zip(operands, command.operands) {
      let choices = specification.choices
      guard !choices.isEmpty, !choices.contains(operand) else { continue }
      throw ArgumentError(
        unknown(specification.name, operand, among: choices)
          ?? "\(command.name) knows \(choices.joined(separator: ", ")), not \(quoted(operand))")
    }
  }

  /// The error with a likely spelling; nil when nothing is near.
  private func unknown(_ what: String, _ word: String, among names: [String]) -> String? {
    guard let near = didYouMean(word, among: names) else { return nil }
    return "unknown \(what) \(quoted(word)); did you mean \(near)?"
  }

  /// The word on one line, in quotes.
  private func quoted(_ word: String) -> String {
    JSON5Reader.shown(word)
  }
}
