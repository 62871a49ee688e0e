// The numbers of names are those of their layers, and no two layers share one.

import Checker
import Machine
import PageAllocator
import Testing
import Workloads

struct LayerNumbersTests {
  private func areApart<Number: BinaryInteger>(_ ranges: [Range<Number>], below end: Int) -> Bool {
    let sorted = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    return zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
      && sorted.allSatisfy { Int($0.upperBound) <= end }
  }

  @Test("no number has two layers, and all fit the tables")
  func apart() {
    #expect(areApart(LayerNumbers.all.map(\.sites), below: Site.count))
    #expect(areApart(LayerNumbers.all.map(\.rules), below: 256))
    #expect(areApart(LayerNumbers.all.map(\.counters), below: CounterID.count))
    #expect(areApart(LayerNumbers.all.map(\.lockClasses), below: LockClass.count))
  }

  @Test("the allocator's names are in its ranges")
  func allocator() {
    let own = LayerNumbers.allocator
    #expect(AllocatorSite.allCases.allSatisfy { own.sites.contains($0.rawValue) })
    #expect(AllocatorRule.allCases.allSatisfy { own.rules.contains($0.rawValue) })
    #expect(AllocatorCounter.allCases.allSatisfy { own.counters.contains($0.rawValue) })
    #expect(AllocatorLockClass.allCases.allSatisfy { own.lockClasses.contains($0.rawValue) })
  }

  @Test("so are the workloads' and the judges'")
  func others() {
    let callers = LayerNumbers.workloads
    #expect(WorkloadSite.allCases.allSatisfy { callers.sites.contains($0.rawValue) })
    #expect(WorkloadCounter.allCases.allSatisfy { callers.counters.contains($0.rawValue) })
    #expect(WorkloadLockClass.allCases.allSatisfy { callers.lockClasses.contains($0.rawValue) })
    let judges = LayerNumbers.checker
    #expect(CheckerSite.allCases.allSatisfy { judges.sites.contains($0.rawValue) })
    #expect(CheckerRule.allCases.allSatisfy { judges.rules.contains($0.rawValue) })
    #expect(CheckerCounter.allCases.allSatisfy { judges.counters.contains($0.rawValue) })
  }

  @Test("the machine's rules are in its range")
  func machine() {
    let rules = Catalog().allRules.map(\.rule.rawValue)
    #expect(!rules.isEmpty && rules.allSatisfy(LayerNumbers.machine.rules.contains))
  }
}
