// What the program lists.

import Harness
import Testing

@Suite("The listings")
struct ListingsTests {
  @Test("hold every workload, bug and check once")
  func unique() {
    let lists = [
      Listings.workloads.map(\.name), Listings.bugs.map(\.name), Listings.checks.map(\.name),
    ]
    for names in lists {
      #expect(!names.isEmpty)
      #expect(Set(names).count == names.count)
    }
  }
}
