// What a command was given, checked: options have values of their kind, operands are all there.

/// Why a command line cannot be obeyed.
public struct ArgumentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right, in one line.
  public let description: String

  /// An error.
  public init(_ description: String) { self.description = description }
}

/// The arguments of one command.
public struct ParsedArguments: Sendable, Equatable {
  /// Words besides options, in order.
  public internal(set) var operands: [String] = []
  /// Options with their values in the order given; flags have an empty value.
  var values: [(option: String, text: String, number: UInt64)] = []

  /// True if the flag was given.
  public func flag(_ name: String) -> Bool { values.contains { $0.option == name } }

  /// The option's value; nil if it was not given.
  public func text(_ name: String) -> String? { values.first { $0.option == name }?.text }

  /// All values of an option, in order.
  public func texts(_ name: String) -> [String] {
    values.filter { $0.option == name }.map(\.text)
  }

  /// The value of an option whose kind is a number; nil if it was not given.
  public func number(_ name: String) -> UInt64? { values.first { $0.option == name }?.number }

  public static func == (left: ParsedArguments, right: ParsedArguments) -> Bool {
    left.operands == right.operands && left.values.elementsEqual(right.values, by: ==)
  }
}
