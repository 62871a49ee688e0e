// Small numbers that stand for names in records which handlers write: sites, rules, counters and
// lock classes. The layers above own ranges of them; a Catalog turns them back into text.

/// A place in the code, named after the kernel's function where it models one.
public struct Site: BitwiseCopyable, Equatable, Sendable {
  /// 0 ..< `Site.count`; each layer has its own range.
  public let rawValue: UInt16

  /// The site `rawValue`.
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// How many sites there can be.
  public static var count: Int { 192 }

  /// No place in particular: set-up code and tests.
  public static var unknown: Site { Site(0) }
  /// The entry of a hardware interrupt.
  public static var interruptEntry: Site { Site(1) }
  /// The entry of a softirq.
  public static var softirqEntry: Site { Site(2) }
  /// The machine's own start and end.
  public static var machine: Site { Site(3) }

  /// The entry of an NMI.
  public static var nmiEntry: Site { Site(4) }

  static var machineNames: [(UInt16, String)] {
    [(0, "unknown"), (1, "irq_enter"), (2, "do_softirq"), (3, "machine"), (4, "nmi_enter")]
  }
}

/// A rule that a run can break, named in reports.
public struct Rule: Equatable, Sendable {
  /// 0 ..< `Rule.count`; each layer has its own range.
  public let rawValue: UInt16

  /// The rule `rawValue`.
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// No CPU can go on: each waits for another.
  public static var deadlock: Rule { Rule(0) }
  /// A CPU did not come to its end in the time allowed.
  public static var stuck: Rule { Rule(1) }
  /// CPUs go on and on, and none gets anywhere.
  public static var livelock: Rule { Rule(2) }
  /// A lock was released by who does not hold it.
  public static var unlockNotHeld: Rule { Rule(3) }
  /// Two accesses to a word, one of them plain and one a write, that nothing orders.
  public static var dataRace: Rule { Rule(4) }
  /// Classes of locks are taken in orders that together close a cycle.
  public static var lockOrder: Rule { Rule(5) }
  /// A class is waited for in an interrupt, and held with that interrupt on.
  public static var lockInterrupt: Rule { Rule(6) }
  /// Under a class that interrupts wait for, one is waited for that is held with interrupts on.
  public static var lockInterruptOrder: Rule { Rule(7) }
  /// Two locks of one class are held, the second not above the first.
  public static var lockNesting: Rule { Rule(8) }
  /// A check that the program makes of itself (`CPU.check`).
  public static var check: Rule { Rule(9) }
  /// A lock is taken or held as lockdep was asked to watch for.
  public static var lockWatched: Rule { Rule(10) }
  /// A class is waited for in an NMI, and taken elsewhere.
  public static var lockNMI: Rule { Rule(11) }
  /// The code stopped at a trap of the processor.
  public static var trap: Rule { Rule(12) }
  /// An operation ended with interrupts or softirqs off, or on more often than off.
  public static var interruptsUnbalanced: Rule { Rule(13) }
  /// A marked word was read and then written, and nothing orders what another wrote.
  public static var unorderedUpdate: Rule { Rule(14) }
}

/// What a rule says, for reports.
public struct RuleText: Sendable {
  /// The rule.
  public let rule: Rule
  /// Its short name, unique: `double-allocation`.
  public let name: String
  /// One sentence; `{s}` is the subject, `{0}` ... `{3}` the evidence in decimal, `{x0}` in hex,
  /// `{s0}` as the name of a site, `{c0}` of a context.
  public let sentence: String

  /// The text of one rule.
  public init(_ rule: Rule, _ name: String, _ sentence: String) {
    self.rule = rule
    self.name = name
    self.sentence = sentence
  }

  /// The name of `Rule.lockWatched`.
  public static var watchedName: String { "lock-watched" }

  static var machineTexts: [RuleText] {
    [
      RuleText(.deadlock, "deadlock", "CPU {0} waits for {s} and can never go on."),
      RuleText(.stuck, "stuck", "CPU {0} made no progress; it waited for {s}."),
      RuleText(
        .livelock, "livelock", "No CPU got on for {0} points in which each had its turns."),
      RuleText(
        .trap, "trap",
        "The code trapped, with signal {0}: a bad address, a stack that overflowed, or a check of"
          + " Swift, which told of it on standard error."),
      RuleText(
        .interruptsUnbalanced, "interrupts-unbalanced",
        "An operation ended with interrupts turned off {0} times and softirqs {1} times more often"
          + " than on."),
      RuleText(
        .unlockNotHeld, "unlock-not-held",
        "{s} was released by who does not hold it; its word is {x0}."),
      RuleText(
        .dataRace, "data-race",
        "Nothing orders this access to {s} with what CPU {1} ({c2}) did to it in {s0} at point"
          + " {3}."
      ),
      RuleText(
        .unorderedUpdate, "unordered-update",
        "{s} was read and is written here, and nothing orders that with what CPU {1} ({c2}) wrote"
          + " to it in {s0} at point {3}: one of the two may be lost."),
      RuleText(
        .lockOrder, "lock-order", "Classes of locks are taken in orders that close a cycle."),
      RuleText(
        .lockInterrupt, "lock-interrupt",
        "A class of locks is waited for in interrupts and held with them on."),
      RuleText(
        .lockInterruptOrder, "lock-interrupt-order",
        "A class that interrupts wait for is held while one is waited for that is held with"
          + " interrupts on."),
      RuleText(.lockNesting, "lock-nesting", "Two locks of one class are held, not in order."),
      RuleText(
        .lockNMI, "lock-nmi", "A class of locks is waited for in NMIs and taken elsewhere."),
      RuleText(.check, "check", "The program's check in line {0} failed."),
      RuleText(
        .lockWatched, watchedName,
        "Here locks are as is watched for; the lock below was taken in {s0}."),
    ]
  }
}

/// A number that a context counts.
public struct CounterID: Equatable, Sendable {
  /// 0 ..< `CounterID.count`; each layer has its own range.
  public let rawValue: UInt16

  /// The counter `rawValue`.
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// How many counters a context has.
  public static var count: Int { 192 }
}

/// The class of a lock: locks of one class obey the same rules.
public struct LockClass: Equatable, Sendable {
  /// 0 ..< `LockClass.count`.
  public let rawValue: UInt8

  /// The class `rawValue`.
  public init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// How many classes there can be.
  public static var count: Int { 16 }
}

/// The text behind sites, rules, counters and lock classes of all layers in a program.
public struct Catalog: Sendable {
  private var sites: [String]
  private var counters: [String]
  private var lockClasses: [String]
  private var rules: [RuleText]

  /// The machine's own names, to which layers add theirs.
  public init() {
    sites = [String](repeating: "", count: Site.count)
    counters = [String](repeating: "", count: CounterID.count)
    lockClasses = [String](repeating: "", count: LockClass.count)
    rules = RuleText.machineTexts
    add(sites: Site.machineNames)
  }

  /// Names sites; a site is named once.
  public mutating func add(sites names: [(UInt16, String)]) {
    for (site, name) in names {
      precondition(sites[Int(site)].isEmpty, "a site has one name: \(name)")
      sites[Int(site)] = name
    }
  }

  /// Names counters; a counter is named once.
  public mutating func add(counters names: [(UInt16, String)]) {
    for (counter, name) in names {
      precondition(counters[Int(counter)].isEmpty, "a counter has one name: \(name)")
      counters[Int(counter)] = name
    }
  }

  /// Names lock classes; a class is named once.
  public mutating func add(lockClasses names: [(UInt8, String)]) {
    for (lockClass, name) in names {
      precondition(lockClasses[Int(lockClass)].isEmpty, "a lock class has one name: \(name)")
      lockClasses[Int(lockClass)] = name
    }
  }

  /// Adds rules; a rule has one text.
  public mutating func add(rules texts: [RuleText]) {
    for text in texts {
      precondition(!rules.contains { $0.rule == text.rule || $0.name == text.name })
      rules.append(text)
    }
  }

  /// The name of a site; a number if nobody named it.
  public func name(_ site: Site) -> String { named(sites, Int(site.rawValue), "site") }

  /// The name of a counter; a number if nobody named it.
  public func name(_ counter: CounterID) -> String {
    named(counters, Int(counter.rawValue), "counter")
  }

  /// The name of a lock class; a number if nobody named it.
  public func name(_ lockClass: LockClass) -> String {
    named(lockClasses, Int(lockClass.rawValue), "lock")
  }

  /// The class of a name, named now if there is none; at most `LockClass.count`.
  mutating func lockClass(named name: String) -> LockClass {
    if let known = lockClasses.firstIndex(of: name) { return LockClass(UInt8(known)) }
    guard let free = lockClasses.firstIndex(of: "") else {
      preconditionFailure("a program has at most 16 classes of locks")
    }
    lockClasses[free] = name
    return LockClass(UInt8(free))
  }

  /// The text of a rule; nil if nobody wrote one.
  public func text(_ rule: Rule) -> RuleText? { rules.first { $0.rule == rule } }

  /// All rules that the program can report, in the order added.
  public var allRules: [RuleText] { rules }

  /// The counters that have names, by number.
  public var namedCounters: [(CounterID, String)] {
    counters.indices.filter { !counters[$0].isEmpty }.map { (CounterID(UInt16($0)), counters[$0]) }
  }

  /// The lock classes that have names, by number.
  public var namedLockClasses: [(LockClass, String)] {
    lockClasses.indices.filter { !lockClasses[$0].isEmpty }
      .map { (LockClass(UInt8($0)), lockClasses[$0]) }
  }

  private func named(_ names: [String], _ index: Int, _ kind: String) -> String {
    index < names.count && !names[index].isEmpty ? names[index] : "\(kind)\(index)"
  }
}
