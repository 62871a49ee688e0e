// What a judge found: a value, first as a record that a handler may write, later as text.

/// What a finding is about.
public enum SubjectKind: UInt8, Sendable {
  case nothing, frame, lock, zone, cpu, slot, counter, word
}

/// A finding as it is written where it happens: fixed size, no allocation.
public struct FindingRecord: BitwiseCopyable, Sendable {
  /// The rule that was broken.
  public var rule: UInt16
  /// Where the CPU was.
  public var site: UInt16
  /// The CPU.
  public var cpu: UInt8
  /// Its context.
  public var context: UInt8
  /// What `subject` is.
  public var subjectKind: UInt8
  /// How often the same rule broke at the same site in this context.
  public var count: UInt32
  /// The frame, lock, zone ... concerned.
  public var subject: Int
  /// Numbers that the rule's sentence names.
  public var evidence0: Int
  public var evidence1: Int
  public var evidence2: Int
  public var evidence3: Int
}

/// A broken rule, with where and the evidence: what a report shows.
public struct Finding: Equatable, Sendable, Codable {
  /// The rule's short name.
  public var rule: String
  /// What happened, in one sentence.
  public var sentence: String
  /// The site, in the kernel's names.
  public var site: String
  /// The CPU; nil for a finding of the whole run.
  public var cpu: Int?
  /// The context: task, softirq, hardirq, nmi; nil for a finding of the whole run.
  public var context: String?
  /// The frame, lock or zone concerned, in words; empty if none.
  public var subject: String
  /// How often it was seen.
  public var count: Int

  /// A finding of the whole run, outside any CPU.
  public init(rule: String, sentence: String, site: String, subject: String, count: Int = 1) {
    self.rule = rule
    self.sentence = sentence
    self.site = site
    self.subject = subject
    self.count = count
  }

  /// What makes two findings the same: the rule and the place.
  public var signature: String { "\(rule) at \(site)" }
}

extension FindingRecord {
  /// The finding in words.
  func finding(_ catalog: Catalog, subjectName: (SubjectKind, Int) -> String) -> Finding {
    let kind = SubjectKind(rawValue: subjectKind) ?? .nothing
    let subjectText = subjectName(kind, subject)
    let text = catalog.text(Rule(rule))
    var sentence = text?.sentence ?? "Rule \(rule) was broken."
    sentence = sentence.replacing("{s}", with: subjectText.isEmpty ? "nothing" : subjectText)
    for (index, value) in [evidence0, evidence1, evidence2, evidence3].enumerated() {
      sentence = sentence.replacing("{\(index)}", with: String(value))
      let hex = "0x" + String(UInt(bitPattern: value), radix: 16)
      sentence = sentence.replacing("{x\(index)}", with: hex)
      let named = catalog.name(Site(UInt16(truncatingIfNeeded: value)))
      sentence = sentence.replacing("{s\(index)}", with: named)
      let kind = ContextKind(rawValue: UInt8(truncatingIfNeeded: value)).map { "\($0)" }
      sentence = sentence.replacing("{c\(index)}", with: kind ?? "context \(value)")
    }
    var finding = Finding(
      rule: text?.name ?? "rule\(rule)", sentence: sentence, site: catalog.name(Site(site)),
      subject: subjectText, count: Int(count))
    finding.cpu = Int(cpu)
    finding.context = ContextKind(rawValue: context).map { "\($0)" }
    return finding
  }
}
