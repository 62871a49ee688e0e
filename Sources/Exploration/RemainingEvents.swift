// How many events each CPU still has before it, by a profile: the weights of uniform walks.

import Machine

/// Events that are left.
///
/// What a CPU that is not spawned yet has before it counts for the CPU that will spawn it.
struct RemainingEvents {
  /// CPUs that are known; what others do counts for nothing.
  private var count = 0
  private var own = ByCPU<Int>(repeating: 0)
  private var unspawned = ByCPU<Int>(repeating: 0)
  private var parents = ByCPU<Int>(repeating: -1)

  /// None.
  init() {}

  /// All of a profile's.
  ///
  /// - Parameters:
  ///   - events: of each CPU, at most `Machine.cpuCountMax`.
  ///   - parents: who spawns each CPU; -1 if nobody does.
  init(events: [Int], parents: [Int]) {
    count = min(events.count, parents.count, Machine.cpuCountMax)
    for cpu in 0..<count {
      own[cpu] = events[cpu]
      self.parents[cpu] = (0..<count).contains(parents[cpu]) ? parents[cpu] : -1
    }
    for cpu in 0..<count {
      var ancestor = self.parents[cpu]
      // A chain is no longer than there are CPUs, even if a profile read from a file has a ring.
      for _ in 0..<count where ancestor >= 0 {
        unspawned[ancestor] &+= own[cpu]
        ancestor = self.parents[ancestor]
      }
    }
  }

  /// Starts a schedule with all that a profile has, at the cost of the CPUs that it knows.
  mutating func start(_ profiled: borrowing RemainingEvents) {
    count = profiled.count
    for cpu in 0..<count {
      own[cpu] = profiled.own[cpu]
      unspawned[cpu] = profiled.unspawned[cpu]
      parents[cpu] = profiled.parents[cpu]
    }
  }

  /// What a CPU and those that it will spawn have left; 0 if more happened than was foreseen.
  ///
  /// Mutating, though it changes nothing: else a call on a member of an object copies all counts.
  @inline(__always) mutating func weight(_ cpu: Int) -> Int {
    max(own[cpu], 0) &+ max(unspawned[cpu], 0)
  }

  /// An event of a CPU happens.
  @inline(__always) mutating func take(_ cpu: Int) { own[cpu] &-= 1 }

  /// A CPU was spawned: what it has left is its own; returns who spawned it, -1 for nobody.
  mutating func appear(_ cpu: Int) -> Int {
    let parent = parents[cpu]
    if parent >= 0 { unspawned[parent] &-= weight(cpu) }
    return parent
  }

  /// A CPU of a set, drawn by weight, each counting as at least `least`; nil if all weigh 0.
  @inline(__always) mutating func draw(
    _ cpus: some SetOfCPUs, atLeast least: Int, _ stream: inout RandomStream
  ) -> Int? {
    var total = 0
    cpus.visit { total &+= max(weight($0), least) }
    if total == 0 { return nil }
    let position = stream.below(total)
    var chosen = cpus.first
    var end = 0
    // Without a branch on what cannot be foreseen: the last CPU whose part begins at the position
    // or before it, and weighs something.
    cpus.visit { cpu in
      let own = max(weight(cpu), least)
      chosen = end <= position && own > 0 ? cpu : chosen
      end &+= own
    }
    return chosen
  }
}
