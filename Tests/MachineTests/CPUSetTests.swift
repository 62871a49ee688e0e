// Sets of CPUs against the standard library's, below and above the 64 that are one word.

import Testing

@testable import Machine

struct CPUSetTests {
  /// CPUs at the ends of words, and some between.
  private static let cpus = [0, 1, 2, 7, 8, 62, 63, 64, 65, 127, 128, 191, 192, 200, 239, 254]

  private static func members(_ set: some SetOfCPUs) -> [Int] {
    var members: [Int] = []
    set.visit { members.append($0) }
    return members
  }

  /// Some of the first `count` of these CPUs, as a set of a machine that has them.
  private static func draw(_ stream: inout RandomStream, _ count: Int) -> (CPUSet, Set<Int>) {
    var set = CPUSet(cpuCount: cpus[count - 1] + 1)
    var model: Set<Int> = []
    for cpu in cpus.prefix(count) where stream.below(2) == 0 {
      set.insert(cpu)
      model.insert(cpu)
    }
    return (set, model)
  }

  @Test("a set says which CPUs are in it", arguments: [4, 7, 8, 16])
  func members(count: Int) {
    var stream = RandomStream(seed: UInt64(count))
    for _ in 0..<500 {
      var (set, model) = Self.draw(&stream, count)
      let cpu = Self.cpus[stream.below(count)]
      set.remove(cpu)
      model.remove(cpu)
      let sorted = model.sorted()
      #expect(set.isWide == (count > 7))
      #expect(Self.members(set) == sorted)
      #expect(set.count == sorted.count)
      #expect(set.isEmpty == sorted.isEmpty)
      #expect(set.first == sorted.first ?? (set.isWide ? 256 : 64))
      #expect(sorted.indices.map(set.nth) == sorted)
      for cpu in Self.cpus.prefix(count) {
        #expect(set.contains(cpu) == model.contains(cpu))
        #expect(Self.members(set.without(cpu)) == model.subtracting([cpu]).sorted())
        let next = sorted.first { $0 > cpu } ?? sorted.first
        #expect(set.next(after: cpu) == next ?? set.first)
        #expect(set.contains { $0 > cpu } == sorted.contains { $0 > cpu })
      }
      #expect(set.next(after: -1) == set.first)
    }
  }

  @Test("sets are joined and split", arguments: [4, 7, 8, 16])
  func algebra(count: Int) {
    var stream = RandomStream(seed: UInt64(count) + 100)
    for _ in 0..<500 {
      let (left, leftModel) = Self.draw(&stream, count)
      let (right, rightModel) = Self.draw(&stream, count)
      var union = left
      union.formUnion(right)
      #expect(Self.members(union) == leftModel.union(rightModel).sorted())
      #expect(
        Self.members(left.intersection(right)) == leftModel.intersection(rightModel).sorted())
      #expect(Self.members(left.subtracting(right)) == leftModel.subtracting(rightModel).sorted())
      #expect(left.isSubset(of: right) == leftModel.isSubset(of: rightModel))
      #expect((left == right) == (leftModel == rightModel))
      #expect(left.none.isEmpty)
    }
  }

  @Test("a set of few CPUs is the same in one word")
  func few() {
    var stream = RandomStream(seed: 7)
    for _ in 0..<500 {
      let (left, _) = Self.draw(&stream, 7)
      let (right, _) = Self.draw(&stream, 7)
      #expect(Self.members(left.few) == Self.members(left))
      #expect(
        Self.members(left.few.subtracting(right.few)) == Self.members(left.subtracting(right)))
      #expect(
        Self.members(left.few.intersection(right.few)) == Self.members(left.intersection(right)))
      #expect(left.few.contains { $0 > 7 } == left.contains { $0 > 7 })
      #expect(left.few.none.isEmpty)
    }
  }

  @Test("a set has room for every CPU of a machine, and choices for one that is none")
  func room() {
    var all = CPUSet(cpuCount: Machine.cpuCountMax)
    for cpu in 0..<Machine.cpuCountMax { all.insert(cpu) }
    #expect(all.count == Machine.cpuCountMax)
    #expect(Self.members(all) == Array(0..<Machine.cpuCountMax))
    #expect(all.next(after: Machine.cpuCountMax - 1) == 0)
    #expect(Machine.cpuCountMax < ByCPU<UInt8>(repeating: 0).count)
    #expect(Int(Schedule.over.cpu) == Machine.cpuCountMax)
  }
}
