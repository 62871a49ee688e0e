// What a command of the command line takes: the one description that the parser reads and the help
// text prints.

/// What an option's value is.
public enum OptionKind: Sendable, Equatable {
  /// The option has no value.
  case flag
  /// Any text, shown in help under this name.
  case text(String)
  /// A whole number of 0 ... 2^64-1, decimal or with 0x, shown in help under this name.
  case number(String)

  /// The value's name in help; nil for a flag.
  public var valueName: String? {
    switch self {
    case .flag: nil
    case .text(let name), .number(let name): name
    }
  }
}

/// An option of a command.
public struct OptionSpecification: Sendable, Equatable {
  /// Its name without dashes.
  public let name: String
  /// What its value is.
  public let kind: OptionKind
  /// True if it may be given more than once.
  public let repeats: Bool
  /// What it does, for help.
  public let summary: String

  /// An option.
  public init(_ name: String, _ kind: OptionKind, repeats: Bool = false, _ summary: String) {
    self.name = name
    self.kind = kind
    self.repeats = repeats
    self.summary = summary
  }

  /// How it is written: `--seed N`.
  public var usage: String { kind.valueName.map { "--\(name) \($0)" } ?? "--\(name)" }
}

/// A word that a command takes besides its options.
public struct OperandSpecification: Sendable, Equatable {
  /// Its name in help, in capitals unless `choices` says what it may be.
  public let name: String
  /// The words allowed; empty for any.
  public let choices: [String]
  /// True if it may be left out; only the last may.
  public let isOptional: Bool
  /// True if there may be more than one; only the last may.
  public let repeats: Bool
  /// What it is, for help.
  public let summary: String

  /// An operand.
  public init(
    _ name: String, choices: [String] = [], isOptional: Bool = false, repeats: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.choices = choices
    self.isOptional = isOptional
    self.repeats = repeats
    self.summary = summary
  }
}

/// A command.
public struct CommandSpecification: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// What it does, in a sentence.
  public let summary: String
  /// The words it takes, all required but those that say otherwise.
  public let operands: [OperandSpecification]
  /// Its options; `--help` is understood besides.
  public let options: [OptionSpecification]
  /// What help says below the options, a paragraph each.
  public let notes: [String]

  /// A command.
  public init(
    _ name: String, _ summary: String, operands: [OperandSpecification],
    options: [OptionSpecification], notes: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.options = options
    self.notes = notes
  }

  /// The option called `name`; nil if there is none.
  public func option(_ name: String) -> OptionSpecification? {
    options.first { $0.name == name }
  }
}
