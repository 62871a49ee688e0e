// An object of a config whose keys are options.

/// The options of one object, which are held in `Values`.
public struct ConfigurationSection<Values: Sendable>: Sendable {
  /// The object's path in a config, such as `machine`.
  public let path: String
  /// What the options are if nothing is said.
  public let standard: Values
  /// In the order in which they are read and printed.
  public let options: [ConfigurationOption<Values>]

  public init(_ path: String, _ standard: Values, _ options: [ConfigurationOption<Values>]) {
    self.path = path
    self.standard = standard
    self.options = options
  }

  /// Reads what an object says of the options.
  public func read(
    _ object: ConfigurationObject, into values: inout Values
  ) throws(ConfigurationError) {
    for option in options { try option.read(object, into: &values) }
  }

  /// Reads the section of a document, and refuses keys that are no options.
  ///
  /// - Parameter check: looks at the options together; not called if there is no such section.
  public func read(
    from root: ConfigurationObject, into values: inout Values,
    check: (ConfigurationObject, inout Values) throws(ConfigurationError) -> Void = { _, _ in }
  ) throws(ConfigurationError) {
    guard let object = try root.object(path) else { return }
    try read(object, into: &values)
    try check(object, &values)
    try object.finish()
  }

  /// An object that reads as `values`.
  public func node(_ values: Values) -> JSON5Node {
    JSON5Node(.object(options.compactMap { $0.member(of: values) }))
  }

  /// The options in a table.
  public var declared: [DeclaredOption] { options.map { $0.declared(in: path, standard) } }
}
