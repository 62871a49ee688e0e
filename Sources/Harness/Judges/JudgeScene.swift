// What judges are made of, and what they know of each other.

import Checker
import Machine
import PageAllocator

/// A run as its judges see it while they are made.
final class JudgeScene {
  let plan: RunPlan
  let machine: Machine
  let allocator: PageAllocator
  /// The judges of events that a scan compares with; nil while there is none.
  var ledger: OwnershipLedger?
  var grants: GrantJudge?
  /// The scan of the machine at rest; nil while no judge goes by it.
  private(set) var sharedScan: SharedScan?

  init(_ plan: RunPlan, _ machine: Machine, _ allocator: PageAllocator) {
    self.plan = plan
    self.machine = machine
    self.allocator = allocator
  }

  /// The scan by which several judges go, made for the first of them.
  var scan: SharedScan {
    if let sharedScan { return sharedScan }
    let scan = SharedScan(self)
    sharedScan = scan
    return scan
  }
}
