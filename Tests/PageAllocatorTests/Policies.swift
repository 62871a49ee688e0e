// Every value of every policy, so that what holds for all of them is said once.

import Testing

@testable import PageAllocator

/// One value of each policy; all other tunables are the kernel's defaults.
struct Policies: Sendable, CaseIterable, CustomTestStringConvertible {
  private(set) var tunables = AllocatorTunables()

  /// Those of the kernel.
  static let kernel = Policies()

  /// All combinations.  A new value of a policy joins by itself, a new policy by a line here.
  static let allCases = [kernel].times(\.perCPUProtection).times(\.bulkSource)

  /// Those that serve machines of several CPUs.
  static let severalCPUs = allCases.filter { $0.cpus(2) == 2 }
  /// Of these, those that let a CPU empty the lists of another.
  static let withinReach = severalCPUs.filter { $0.reachesOtherCPUs }
  /// And those under which each CPU does that itself, at the next use of its lists.
  static let outOfReach = severalCPUs.filter { !$0.reachesOtherCPUs }
  /// Those whose lists a context may find taken, and does without them then.
  static let trylock = allCases.filter { $0.protection == .trylock }
  /// Those whose bulk calls take whole blocks.
  static let blocks = allCases.filter { $0.tunables.bulkSource == .blocks }

  /// Those that differ where no bulk call is made.
  static let withoutBulk = allCases.filter { $0.tunables.bulkSource == .lists }

  var protection: PerCPUProtection { tunables.perCPUProtection }

  /// As many CPUs as a test wants, unless the protection serves one alone.
  func cpus(_ wanted: Int) -> Int {
    switch protection {
    case .trylock, .irqDisable: wanted
    case .uniprocessor: 1
    }
  }

  /// True if an NMI may take lists.
  var servesNMI: Bool {
    switch protection {
    case .trylock: true
    case .irqDisable, .uniprocessor: false
    }
  }

  /// True if a CPU may take the lists of another.
  var reachesOtherCPUs: Bool {
    switch protection {
    case .trylock: true
    case .irqDisable, .uniprocessor: false
    }
  }

  /// How often so many holds of lists acquire a lock.
  func acquisitions(_ holds: Int) -> UInt64 {
    switch protection {
    case .trylock: UInt64(holds)
    case .irqDisable, .uniprocessor: 0
    }
  }

  /// The values of all policies: of all tunables whose type lists its cases.
  var testDescription: String {
    Mirror(reflecting: tunables).children.filter { $0.value is any CaseIterable }
      .map { "\($0.value)" }.joined(separator: ", ")
  }

  fileprivate func with<Value>(
    _ policy: WritableKeyPath<AllocatorTunables, Value>, _ value: Value
  ) -> Policies {
    var changed = self
    changed.tunables[keyPath: policy] = value
    return changed
  }
}

extension [Policies] {
  /// Each of these with each value of one more policy.
  fileprivate func times<Value: CaseIterable>(
    _ policy: WritableKeyPath<AllocatorTunables, Value>
  ) -> [Policies] {
    flatMap { policies in Value.allCases.map { policies.with(policy, $0) } }
  }
}

struct PoliciesTests {
  private static func count<Value: CaseIterable>(_: Value) -> Int { Value.allCases.count }

  @Test("all combinations of all policies are there, each once")
  func complete() {
    // A policy is a tunable whose type lists its cases.
    let policies = Mirror(reflecting: AllocatorTunables()).children
      .compactMap { $0.value as? any CaseIterable }
    #expect(policies.count >= 2)
    let combinations = policies.reduce(1) { $0 * Self.count($1) }
    #expect(Policies.allCases.count == combinations)
    #expect(Set(Policies.allCases.map(\.testDescription)).count == combinations)
  }

  @Test("the kernel's policies are among them, and none of the groups is empty")
  func groups() {
    let tunables = Policies.allCases.map(\.tunables)
    #expect(tunables.contains(AllocatorTunables()))
    #expect(Policies.severalCPUs.count >= 4)
    #expect(Policies.withinReach.count >= 2 && Policies.outOfReach.count >= 2)
    #expect(Policies.trylock.count >= 2 && Policies.blocks.count >= 3)
    #expect(Policies.withoutBulk.count >= 3)
  }
}
