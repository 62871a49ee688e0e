// The command line: what is understood, what is refused, and how a run is repeated.

import Arguments
import Testing

@Suite("The parser of the command line")
struct ArgumentParserTests {
  private static let run = CommandSpecification(
    "run", "Runs.", operands: [OperandSpecification("CONFIG", "the config")],
    options: [
      OptionSpecification("seed", .number("N"), "the seed"),
      OptionSpecification("set", .text("PATH=VALUE"), repeats: true, "sets a field"),
      OptionSpecification("json", .text("FILE"), "writes JSON"),
      OptionSpecification("quiet", .flag, "says less"),
    ])
  private static let list = CommandSpecification(
    "list", "Lists.",
    operands: [OperandSpecification("listing", choices: ["workloads", "bugs"], "what")],
    options: [])
  private let parser = ArgumentParser([run, list])

  private func arguments(_ words: String...) throws -> ParsedArguments {
    guard case .command(_, let arguments) = try parser.parse(words) else {
      throw ArgumentError("not a command")
    }
    return arguments
  }

  private func message(_ words: String...) -> String {
    do {
      _ = try parser.parse(words)
      return "no error"
    } catch {
      return error.description
    }
  }

  @Test("reads values behind a space and behind an equals sign, anywhere")
  func values() throws {
    let parsed = try arguments(
      "run", "--set", "a=1", "c.json5", "--seed=0xFFFFFFFFFFFFFFFF", "--set=b=2", "--quiet")
    #expect(parsed.operands == ["c.json5"])
    #expect(parsed.texts("set") == ["a=1", "b=2"])
    #expect(parsed.number("seed") == UInt64.max)
    #expect(parsed.flag("quiet"))
    #expect(parsed.text("json") == nil)
    #expect(parsed.number("json") == nil)
  }

  @Test("takes everything behind -- as it is")
  func end() throws {
    let parsed = try arguments("run", "--quiet", "--", "--seed")
    #expect(parsed.operands == ["--seed"])
    #expect(parsed.number("seed") == nil)
    #expect(try arguments("run", "-").operands == ["-"])
    #expect(try arguments("run", "--json=--odd", "c").text("json") == "--odd")
  }

  @Test("suggests a likely command, option and operand")
  func suggestions() {
    #expect(message("rnu") == #"unknown command "rnu"; did you mean run?"#)
    #expect(message("run", "--sed", "1") == #"unknown option "--sed"; did you mean --seed?"#)
    #expect(message("run", "-seed", "1") == #"unknown option "-seed"; did you mean --seed?"#)
    #expect(message("list", "bug") == #"unknown listing "bug"; did you mean bugs?"#)
    #expect(message("--verson") == #"unknown option "--verson"; did you mean --version?"#)
    #expect(message("zebra") == #"unknown command "zebra"; there are run, list"#)
    #expect(
      message("list", "zebra") == #"list knows workloads, bugs, not "zebra""#)
  }

  @Test("refuses a value that is missing, empty, or an option")
  func missingValues() {
    #expect(message("run", "c", "--seed") == "--seed needs a value: --seed N")
    #expect(message("run", "c", "--seed=") == "--seed= has nothing behind it: --seed N")
    #expect(message("run", "c", "--json", "") == "--json has an empty value: --json FILE")
    #expect(message("run", "--seed", "--quiet", "c").hasPrefix("--seed needs a value, but"))
    #expect(message("run", "c", "--quiet=1") == "--quiet takes no value")
    #expect(message("run", "c", "--seed", "1", "--seed=2") == "--seed is given twice")
  }

  @Test(
    "refuses what is not a whole number of 64 bits",
    arguments: ["-1", "+1", "1.5", "0x", "0x-1", "0x+1", "1e3", "18446744073709551616", "one"])
  func numbers(text: String) {
    #expect(message("run", "c", "--seed", text).hasPrefix("--seed is a whole number of 0 ..."))
  }

  @Test("refuses operands that are missing or too many")
  func operands() {
    #expect(message("run") == "run needs CONFIG; see pagetorture run --help")
    #expect(message("list") == "list needs workloads or bugs; see pagetorture list --help")
    #expect(message("run", "a", "b").hasPrefix(#"run does not know what to do with "b""#))
    #expect(message() == "a command is missing: run, list; see pagetorture --help")
  }

  @Test("takes an operand that may be left out, or leaves it out")
  func optionalOperand() throws {
    let bench = CommandSpecification(
      "bench", "Measures.",
      operands: [
        OperandSpecification("subject", choices: ["explore"], isOptional: true, "what")
      ], options: [])
    let parser = ArgumentParser([bench])
    func operands(_ words: String...) throws -> [String] {
      guard case .command(_, let given) = try parser.parse(words) else {
        throw ArgumentError("not a command")
      }
      return given.operands
    }
    #expect(try operands("bench") == [])
    #expect(try operands("bench", "explore") == ["explore"])
    #expect(throws: ArgumentError.self) { try parser.parse(["bench", "explode"]) }
  }

  @Test("gives help before it looks at anything else, but not behind --")
  func help() throws {
    #expect(try parser.parse(["--help"]) == .help(nil))
    #expect(try parser.parse(["help", "run"]) == .help(Self.run))
    #expect(try parser.parse(["run", "--bad", "-h"]) == .help(Self.run))
    #expect(try parser.parse(["--version"]) == .version)
    #expect(try arguments("run", "--", "--help").operands == ["--help"])
  }

  @Test("writes every error on one line, whatever the words hold")
  func oneLine() {
    let word = "a\nb\u{1B}" + String(repeating: "z", count: 1000)
    let messages = [
      message(word), message("run", "--" + word), message("run", "a", word),
      message("run", "a", "--seed", word), message("list", word), message("-" + word),
    ]
    for message in messages {
      #expect(message.count < 200)
      #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(message)")
    }
  }
}

@Suite("The command that repeats a run")
struct RepeatCommandTests {
  @Test("names the seed, the settings in order, and the bugs")
  func plain() {
    let text = RepeatCommand.text(
      file: "configs/quick.json5", seed: .max, settings: ["stop.duration=5s", "seed=1"],
      bugs: ["tail-leak"])
    #expect(
      text == "pagetorture run configs/quick.json5 --seed 18446744073709551615 "
        + "--set stop.duration=5s --set seed=1 --bug tail-leak")
  }

  @Test("of a search names the outcome whose config is meant, and other options last")
  func outcome() {
    let text = RepeatCommand.text(
      "explore", file: "a b.json", isOutcome: true, seed: 3, settings: [], bugs: ["tail-leak"],
      words: ["--schedules", "40"])
    #expect(
      text == "pagetorture explore --from 'a b.json' --seed 3 --bug tail-leak --schedules 40")
  }

  @Test("quotes for the shell what the shell would change")
  func quoted() {
    let text = RepeatCommand.text(
      file: "-odd", seed: 1, settings: ["name='a b'", "workloads[0].weight=$x", ""], bugs: [])
    #expect(
      text == #"pagetorture run ./-odd --seed 1 --set 'name='\''a b'\''' "#
        + "--set 'workloads[0].weight=$x' --set ''")
  }
}
