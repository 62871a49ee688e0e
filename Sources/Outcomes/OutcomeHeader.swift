// The head of every outcome: what was executed, and how it ended.

/// What was executed.
public enum OutcomeKind: String, Sendable, Codable {
  /// A native run of a config.
  case run
  /// A search of schedules of a config.
  case exploration
  /// The schedule of a seed file, run again.
  case replay
}

/// What every outcome says first.
public struct OutcomeHeader: Sendable, Equatable {
  /// Version of outcomes in JSON.
  public static let currentSchemaVersion = 1

  /// The version that was written.
  public var schemaVersion = OutcomeHeader.currentSchemaVersion
  /// What was executed; follows from the outcome's body.
  public internal(set) var kind = OutcomeKind.run
  /// The config's name.
  public var name = ""
  /// The campaign seed.
  public var seed: UInt64 = 0
  /// The resolved options, as a config.
  public var options = ""
  /// The command that does the same again.
  public var repeatCommand = ""
  /// How it ended.
  public var verdict = Verdict.clean
  /// Wall time of the work, in nanoseconds.
  public var elapsedNanoseconds: UInt64 = 0
  /// Why it ended before its bound; nil if it did not.
  public var endedEarly: String?
  /// What to do next.
  public var commands: [NextCommand] = []

  /// The head of something clean that took no time.
  public init() {}

  /// The exit status of the command.
  public var exitStatus: Int32 { verdict.exitStatus }
}

extension OutcomeHeader: Codable {
  private enum CodingKeys: String, CodingKey {
    case schemaVersion, kind, name, seed, options, repeatCommand, verdict, exitStatus
    case elapsedNanoseconds, endedEarly, commands
  }

  /// The exit status is not read: it follows from the verdict.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    schemaVersion = try values.decode(Int.self, forKey: .schemaVersion)
    // The first outcomes were all of runs, and did not say so.
    kind = try values.decodeIfPresent(OutcomeKind.self, forKey: .kind) ?? .run
    name = try values.decode(String.self, forKey: .name)
    seed = try values.decode(UInt64.self, forKey: .seed)
    options = try values.decode(String.self, forKey: .options)
    repeatCommand = try values.decode(String.self, forKey: .repeatCommand)
    verdict = try values.decode(Verdict.self, forKey: .verdict)
    elapsedNanoseconds = try values.decode(UInt64.self, forKey: .elapsedNanoseconds)
    endedEarly = try values.decodeIfPresent(String.self, forKey: .endedEarly)
    commands = try values.decodeIfPresent([NextCommand].self, forKey: .commands) ?? []
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(schemaVersion, forKey: .schemaVersion)
    try values.encode(kind, forKey: .kind)
    try values.encode(name, forKey: .name)
    try values.encode(seed, forKey: .seed)
    try values.encode(options, forKey: .options)
    try values.encode(repeatCommand, forKey: .repeatCommand)
    try values.encode(verdict, forKey: .verdict)
    try values.encode(exitStatus, forKey: .exitStatus)
    try values.encode(elapsedNanoseconds, forKey: .elapsedNanoseconds)
    try values.encodeIfPresent(endedEarly, forKey: .endedEarly)
    try values.encode(commands, forKey: .commands)
  }
}
