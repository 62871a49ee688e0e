// A machine with named locks, sites and a rule, for the tests of the machine itself.

import Machine

/// Numbers that no layer owns in a program of Machine alone.
enum TestNames {
  static let first = LockClass(0)
  static let second = LockClass(1)
  static let here = Site(20)
  static let there = Site(21)
  static let broken = Rule(60)
  static let told = Rule(61)
  static let counter = CounterID(5)

  static var catalog: Catalog {
    var catalog = Catalog()
    catalog.add(sites: [(20, "here"), (21, "there")])
    catalog.add(lockClasses: [(0, "first"), (1, "second")])
    catalog.add(counters: [(5, "things")])
    catalog.add(rules: [
      RuleText(broken, "broken", "It broke."),
      RuleText(told, "told", "{s} {0} {1} {x0} {s2} {c1} {3}."),
    ])
    return catalog
  }
}

extension Machine {
  /// A machine at rest with 256 KiB of memory.
  static func small(cpus: Int, seed: UInt64 = 1) -> Machine {
    let machine = Machine(cpuCount: cpus, arenaByteCount: 1 << 18, catalog: TestNames.catalog)
    machine.reset(seed: seed)
    return machine
  }

  /// A word on a line of its own.
  func word() -> Table<Int> { arena.table(of: Int.self, count: 1) }
}

/// Writes down, in a machine's memory, the order in which things happen; count first.
struct EventLog: Sendable {
  let entries: Table<Int>

  init(_ machine: Machine, capacity: Int) {
    entries = machine.arena.table(of: Int.self, count: capacity + 1)
  }

  func note(_ event: Int) {
    if entries[0] + 1 < entries.count { entries[entries[0] + 1] = event }
    entries[0] += 1
  }

  /// What was noted, as far as there was room.
  var events: [Int] { (0..<min(entries[0], entries.count - 1)).map { entries[$0 + 1] } }
}

/// A handler made of a closure.
final class ClosureHandler: InterruptHandler {
  private let body: (CPU) -> Void
  init(_ body: @escaping (CPU) -> Void) { self.body = body }
  override func handle(_ cpu: CPU) { body(cpu) }
}

extension NativeLimits {
  /// Fails a test that would hang, after a time that no sound run comes near.
  static var patient: NativeLimits {
    var limits = NativeLimits()
    limits.stuckNanoseconds = 60_000_000_000
    return limits
  }
}
