// A random priority for each CPU, below all of which come those that gave way.

import Machine

/// Priorities of the CPUs of a schedule.
struct RandomPriorities {
  private var values = ByCPU<UInt64>(repeating: 0)
  /// The last priority of a CPU that gave way: below all that are drawn, and below all before it.
  private var lowest: UInt64 = 1 << 62

  /// Forgets who gave way; CPUs keep the priorities that they had.
  @inline(__always) mutating func begin() { lowest = 1 << 62 }

  /// Gives a CPU a priority of its own.
  @inline(__always) mutating func draw(_ cpu: Int, _ stream: inout RandomStream) {
    values[cpu] = stream.next() | 1 << 63
  }

  /// Puts a CPU below all others.
  @inline(__always) mutating func giveWay(_ cpu: Int) {
    lowest &-= 1
    values[cpu] = lowest
  }

  /// The CPU of the highest priority, of a set that is not empty.
  ///
  /// Mutating, though it changes nothing: else a call on a member of an object copies all values.
  @inline(__always) mutating func highest(_ cpus: some SetOfCPUs) -> Int {
    var best = cpus.first
    var highest = values[best]
    // Without a branch on what cannot be foreseen.
    cpus.without(best).visit { cpu in
      let value = values[cpu]
      best = value > highest ? cpu : best
      highest = max(value, highest)
    }
    return best
  }
}
