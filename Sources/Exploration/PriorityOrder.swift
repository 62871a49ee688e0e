// CPUs by priority.  All priorities differ, so they are an order and nothing else.

import Machine

/// CPUs from the highest priority to the lowest.
struct PriorityOrder {
  /// The CPUs that are in it.
  private(set) var members = CPUSet(cpuCount: 1)
  /// By the priority that was drawn first, also where it was lowered since.
  private var ranked = ByCPU<UInt8>(repeating: 0)
  /// By the priority now: those that were lowered come last, the last one lowered at the end.
  private var order = ByCPU<UInt8>(repeating: 0)
  private var count = 0
  private var lowered = CPUSet(cpuCount: 1)

  /// Forgets all; `none` is no CPU of the machine.
  mutating func removeAll(_ none: CPUSet) {
    members = none
    lowered = none
    count = 0
  }

  /// Adds CPUs, each at a rank drawn among those that were drawn before: as if all had been drawn
  /// at the start.  None comes below one that was lowered.
  mutating func insert(_ cpus: CPUSet, _ stream: inout RandomStream) {
    cpus.visit { insert($0, rank: stream.below(count + 1)) }
  }

  private mutating func insert(_ cpu: Int, rank: Int) {
    var place = 0
    for index in 0..<rank where !lowered.contains(Int(ranked[index])) { place += 1 }
    Self.open(&ranked, at: rank, count)
    Self.open(&order, at: place, count)
    ranked[rank] = UInt8(truncatingIfNeeded: cpu)
    order[place] = UInt8(truncatingIfNeeded: cpu)
    members.insert(cpu)
    count += 1
  }

  private static func open(_ list: inout ByCPU<UInt8>, at place: Int, _ count: Int) {
    var index = count
    while index > place {
      list[index] = list[index - 1]
      index -= 1
    }
  }

  /// Gives a CPU a priority below all others.
  mutating func lower(_ cpu: Int) {
    if !members.contains(cpu) { return }
    lowered.insert(cpu)
    var place = 0
    while order[place] != UInt8(truncatingIfNeeded: cpu) { place &+= 1 }
    while place &+ 1 < count {
      order[place] = order[place &+ 1]
      place &+= 1
    }
    order[place] = UInt8(truncatingIfNeeded: cpu)
  }

  /// The CPU of the highest priority among some, which are members and at least one.
  ///
  /// Mutating, though it changes nothing: else a call on a member of an object copies the order.
  @inline(__always) mutating func highest(of cpus: some SetOfCPUs) -> Int {
    var place = 0
    while !cpus.contains(Int(order[place])) { place &+= 1 }
    return Int(order[place])
  }
}
