// One option of a config, told once: from it come reading, printing, tables and tests.

/// All that is known of an option that is held in a `Section`.
public struct ConfigurationOption<Section: Sendable>: Sendable {
  /// Its key in the section's object.
  public let key: String
  private let type: String
  private let range: String
  private let ends: [JSON5Value]
  private let meaning: String
  /// The default in a table, given the section as it is before anything is read.
  private let standard: @Sendable (Section) -> String
  private let reader:
    @Sendable (ConfigurationObject, inout Section) throws(ConfigurationError) -> Void
  private let writer: @Sendable (Section) -> JSON5Value?
  private var isHere: @Sendable (Section) -> Bool = { _ in true }
  private var isShown: @Sendable (Section) -> Bool = { _ in true }

  private init<Value>(
    _ key: String, _ form: ConfigurationForm<Value>, _ meaning: String,
    standard: @escaping @Sendable (Section) -> String,
    write: @escaping @Sendable (Section) -> JSON5Value?,
    read:
      @escaping @Sendable (ConfigurationObject, inout Section) throws(ConfigurationError)
      -> Void
  ) {
    self.key = key
    type = form.type
    range = form.range
    ends = form.ends.map(form.write)
    self.meaning = meaning
    self.standard = standard
    writer = write
    reader = read
  }

  /// An option whose absence leaves what the section holds.
  ///
  /// - Parameters:
  ///   - default: the default in tables, where it is not what a new section holds.
  ///   - acceptsNull: true if a null is as good as no key.
  public static func option<Value>(
    _ key: String, _ place: WritableKeyPath<Section, Value> & Sendable,
    _ form: ConfigurationForm<Value>, default standard: String? = nil, acceptsNull: Bool = false,
    _ meaning: String
  ) -> Self {
    option(
      key, form, default: standard, acceptsNull: acceptsNull, meaning,
      get: { $0[keyPath: place] }, set: { $0[keyPath: place] = $1 })
  }

  /// The same where the place is known at run time: a key path with a subscript is slow to make.
  public static func option<Value>(
    _ key: String, _ form: ConfigurationForm<Value>, default standard: String? = nil,
    acceptsNull: Bool = false, _ meaning: String, get: @escaping @Sendable (Section) -> Value,
    set: @escaping @Sendable (inout Section, Value) -> Void
  ) -> Self {
    Self(
      key, form, meaning,
      standard: { standard ?? JSON5Writer.oneLine(JSON5Node(form.write(get($0)))) },
      write: { form.write(get($0)) },
      read: { object, section throws(ConfigurationError) in
        guard let node = object.node(key), !(acceptsNull && node.value == .null) else { return }
        set(&section, try form.value(node, path: object.path(of: key)))
      })
  }

  /// An option whose value may be missing; a null is as good as no key.
  ///
  /// - Parameter default: what a missing value means, in tables.
  public static func optional<Value>(
    _ key: String, _ place: WritableKeyPath<Section, Value?> & Sendable,
    _ form: ConfigurationForm<Value>, default standard: String = "none", _ meaning: String
  ) -> Self {
    Self(
      key, form, meaning, standard: { _ in standard },
      write: { $0[keyPath: place].map(form.write) },
      read: { object, section throws(ConfigurationError) in
        guard let value = try object.optionalValue(key, form) else { return }
        section[keyPath: place] = value
      })
  }

  /// An option that must be there.
  public static func required<Value>(
    _ key: String, _ place: WritableKeyPath<Section, Value> & Sendable,
    _ form: ConfigurationForm<Value>, _ meaning: String
  ) -> Self {
    Self(
      key, form, meaning, standard: { _ in "required" },
      write: { form.write($0[keyPath: place]) },
      read: { object, section throws(ConfigurationError) in
        section[keyPath: place] = try object.value(key, form)
      })
  }

  /// An option that is checked and held nowhere.
  public static func remark<Value>(
    _ key: String, _ form: ConfigurationForm<Value>, default standard: String, _ meaning: String
  ) -> Self {
    Self(
      key, form, meaning, standard: { _ in standard }, write: { _ in nil },
      read: { object, _ throws(ConfigurationError) in
        if let node = object.node(key) { _ = try form.value(node, path: object.path(of: key)) }
      })
  }

  /// The option where `condition` is true of what was read before it; elsewhere its key is unknown.
  public func only(where condition: @escaping @Sendable (Section) -> Bool) -> Self {
    var copy = self
    copy.isHere = condition
    return copy
  }

  /// The option, printed only where `condition` is true.
  public func shown(where condition: @escaping @Sendable (Section) -> Bool) -> Self {
    var copy = self
    copy.isShown = condition
    return copy
  }

  /// Reads the option, if its key is there.
  public func read(
    _ object: ConfigurationObject, into section: inout Section
  ) throws(ConfigurationError) {
    if isHere(section) { try reader(object, &section) }
  }

  /// The option with its value; nil where there is nothing to print.
  public func member(of section: Section) -> JSON5Member? {
    guard isHere(section), isShown(section), let value = writer(section) else { return nil }
    return JSON5Member(key: key, keyPosition: .nowhere, value: JSON5Node(value))
  }

  /// The option in a table.
  ///
  /// - Parameters:
  ///   - path: that of the section; empty for the document.
  ///   - standard: the section before anything is read.
  public func declared(in path: String, _ standard: Section) -> DeclaredOption {
    DeclaredOption(
      path: path.isEmpty ? key : "\(path).\(key)", type: type, range: range,
      standard: self.standard(standard), meaning: meaning, ends: ends)
  }
}

/// An option as tables have it.
public struct DeclaredOption: Sendable {
  /// Its path in a config, such as `machine.cpus`.
  public let path: String
  /// The kind of object that has it, where not all objects at the path do; empty elsewhere.
  public private(set) var owner = ""
  /// The kind of value, or its unit.
  public let type: String
  /// The values allowed; empty for all of the kind.
  public let range: String
  /// The value if a config does not set it.
  public let standard: String
  /// What it means.
  public let meaning: String
  /// The values at the ends of its range, and each word; empty where there is no end.
  public let ends: [JSON5Value]

  public init(
    path: String, type: String, range: String = "", standard: String, meaning: String,
    ends: [JSON5Value] = []
  ) {
    self.path = path
    self.type = type
    self.range = range
    self.standard = standard
    self.meaning = meaning
    self.ends = ends
  }

  /// The option of a kind of object.
  public func of(_ owner: String) -> DeclaredOption {
    var copy = self
    copy.owner = owner
    return copy
  }
}
