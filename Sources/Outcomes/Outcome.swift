// What an execution came to: the one value that all reports read.
//
// Schema  Written as one flat JSON object: the keys of header and body lie side by side.  A change
//         that a reader of the JSON would notice raises `schemaVersion`; a key more does not.
//         Times are nanoseconds, memory is pages, unless a name says otherwise.

import Machine

/// What only outcomes of one kind have.
public enum OutcomeBody: Sendable {
  /// Of a native run.
  case run(RunBody)
  /// Of a search of schedules.
  case exploration(ExplorationBody)
  /// Of a schedule that was run again.
  case replay(ReplayBody)

  /// The kind of outcome that has this body.
  var kind: OutcomeKind {
    switch self {
    case .run: .run
    case .exploration: .exploration
    case .replay: .replay
    }
  }
}

/// An execution, done.
public struct Outcome: Sendable {
  /// What was executed, and how it ended.
  public var header = OutcomeHeader()
  /// What was found; the same rule at the same site once.
  public var findings: [Finding] = []
  /// Findings that the fixed buffers had no room for.
  public var findingsDropped: UInt64 = 0
  /// The judges that were on.
  public var checks: [CheckOutcome] = []
  /// The rest.
  public var body: OutcomeBody { didSet { header.kind = body.kind } }

  /// A clean outcome.
  public init(_ body: OutcomeBody) {
    self.body = body
    header.kind = body.kind
  }

  /// The body of a run; nil for another kind.
  public var run: RunBody? {
    get { if case .run(let body) = body { body } else { nil } }
    set { if let newValue { body = .run(newValue) } }
  }

  /// The body of an exploration; nil for another kind.
  public var exploration: ExplorationBody? {
    get { if case .exploration(let body) = body { body } else { nil } }
    set { if let newValue { body = .exploration(newValue) } }
  }

  /// The body of a replay; nil for another kind.
  public var replay: ReplayBody? {
    if case .replay(let body) = body { body } else { nil }
  }
}

extension Outcome: Codable {
  private enum CodingKeys: String, CodingKey {
    case findings, findingsDropped, checks, metrics
  }

  /// The metrics are not read: they follow from the rest.
  public init(from decoder: any Decoder) throws {
    let header = try OutcomeHeader(from: decoder)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    switch header.kind {
    case .run: body = .run(try RunBody(from: decoder))
    case .exploration: body = .exploration(try ExplorationBody(from: decoder))
    case .replay: body = .replay(try ReplayBody(from: decoder))
    }
    self.header = header
    findings = try values.decode([Finding].self, forKey: .findings)
    findingsDropped = try values.decode(UInt64.self, forKey: .findingsDropped)
    checks = try values.decode([CheckOutcome].self, forKey: .checks)
  }

  public func encode(to encoder: any Encoder) throws {
    try header.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(findings, forKey: .findings)
    try values.encode(findingsDropped, forKey: .findingsDropped)
    try values.encode(checks, forKey: .checks)
    try values.encode(MetricValue.all(of: self), forKey: .metrics)
    switch body {
    case .run(let body): try body.encode(to: encoder)
    case .exploration(let body): try body.encode(to: encoder)
    case .replay(let body): try body.encode(to: encoder)
    }
  }
}
