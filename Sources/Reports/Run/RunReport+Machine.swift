// What is to be known of a machine that a kernel's files describe.

import Outcomes

extension RunReport {
  /// The remarks; nil if there are none.
  static func machineRemarks(_ run: RunBody) -> ReportSection? {
    guard let remarks = run.machineRemarks, !remarks.isEmpty else { return nil }
    return ReportSection("Machine", remarks.map { .sentence("remark: \($0)") })
  }
}
