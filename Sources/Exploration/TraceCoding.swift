// The steps of a schedule as JSON: a row each, in words.

import Machine

extension ContextKind {
  /// The context of this name; nil if there is none.
  init?(name: String) {
    guard let found = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = found
  }
}

extension PointKind {
  /// The kind of this name; nil if there is none.
  init?(name: String) {
    guard let found = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = found
  }
}

extension SwitchReason: Codable {
  private static let blocked = "blocked on "
  private static let interrupt = "interrupt "

  /// The reason of this text; nil if no reason has it.
  init?(text: String) {
    if let plain = [Self.start, .preempted, .ended, .yielded].first(where: { $0.text == text }) {
      self = plain
    } else if text.hasPrefix(Self.blocked) {
      self = .blocked(on: String(text.dropFirst(Self.blocked.count)))
    } else if text.hasPrefix(Self.interrupt) {
      self = .interrupt(String(text.dropFirst(Self.interrupt.count)))
    } else {
      return nil
    }
  }

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    guard let reason = SwitchReason(text: try value.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "not a reason why another CPU ran")
    }
    self = reason
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}

extension TraceStep: Codable {
  private enum CodingKeys: String, CodingKey {
    case number, cpu, context, kind, object, site, fails, old, new, reason
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    guard let context = ContextKind(name: try values.decode(String.self, forKey: .context)) else {
      throw DecodingError.dataCorruptedError(
        forKey: .context, in: values, debugDescription: "not a context")
    }
    guard let kind = PointKind(name: try values.decode(String.self, forKey: .kind)) else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: values, debugDescription: "not an operation")
    }
    self.init(
      number: try values.decode(Int.self, forKey: .number),
      cpu: try values.decode(Int.self, forKey: .cpu), context: context, kind: kind,
      object: try values.decodeIfPresent(String.self, forKey: .object) ?? "",
      site: try values.decode(String.self, forKey: .site))
    succeeds = try values.decodeIfPresent(Bool.self, forKey: .fails) != true
    old = try values.decodeIfPresent(UInt64.self, forKey: .old)
    new = try values.decodeIfPresent(UInt64.self, forKey: .new)
    reason = try values.decodeIfPresent(SwitchReason.self, forKey: .reason)
  }

  /// What most steps have nothing to say of is left out: a trylock that fails, a switch.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(number, forKey: .number)
    try values.encode(cpu, forKey: .cpu)
    try values.encode("\(context)", forKey: .context)
    try values.encode("\(kind)", forKey: .kind)
    if !object.isEmpty { try values.encode(object, forKey: .object) }
    try values.encode(site, forKey: .site)
    if !succeeds { try values.encode(true, forKey: .fails) }
    try values.encodeIfPresent(old, forKey: .old)
    try values.encodeIfPresent(new, forKey: .new)
    try values.encodeIfPresent(reason, forKey: .reason)
  }
}
