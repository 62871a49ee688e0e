// What each workload did on each CPU, kept apart by workload.

import Machine
import Workloads

/// Counts of each CPU and workload, each written by its CPU alone.
final class WorkloadTally: @unchecked Sendable {
  private let arena: Arena
  private let counts: Table<UInt64>
  /// By CPU: the operation that it carries out, and its workload's place + 1 in the low byte; 0 for
  /// none.  A stuck report asks while the CPU runs.
  private let doing: Table<UInt64>
  private let workloads: Int
  private static let stride = 8

  init(cpuCount: Int, workloads: Int) {
    self.workloads = max(workloads, 1)
    let size = cpuCount * self.workloads * Self.stride
    arena = Arena(
      byteCount: Arena.byteCount(of: UInt64.self, count: size)
        + Arena.byteCount(of: UInt64.self, count: cpuCount * 8))
    counts = arena.table(of: UInt64.self, count: size)
    doing = arena.table(of: UInt64.self, count: cpuCount * 8)
  }

  /// Notes that a CPU begins its operation number `operation`, of a workload.
  @inline(__always) func begin(_ cpu: CPU, _ workload: Int, operation: Int) {
    doing.shared(cpu.id * 8).store(UInt64(operation) << 8 | UInt64(workload + 1))
  }

  /// Notes that a CPU carries out no operation any more.
  func end(_ cpu: CPU) { doing.shared(cpu.id * 8).store(0) }

  /// The operation of a CPU and its workload's place; nil if it is in none.
  func current(cpu: Int) -> (operation: UInt64, workload: Int)? {
    let word = doing.shared(cpu * 8).load()
    return word == 0 ? nil : (word >> 8, Int(word & 0xff) - 1)
  }

  /// Runs one operation of a workload and books what it counted to that workload.
  @inline(__always) func measure(_ cpu: CPU, _ workload: Int, _ operate: (CPU) -> Void) {
    let base = (cpu.id * workloads + workload) * Self.stride
    let full = cpu.counted(WorkloadCounter.bulkFull.id)
    let partial = cpu.counted(WorkloadCounter.bulkPartial.id)
    let failed = cpu.counted(WorkloadCounter.bulkFailed.id)
    let nothing = cpu.counted(WorkloadCounter.allocationFailed.id)
    let start = cpu.ticks
    operate(cpu)
    cpu.noteLatency(workload, since: start)
    counts[base] &+= 1
    counts[base + 1] &+= cpu.counted(WorkloadCounter.bulkFull.id) &- full
    counts[base + 2] &+= cpu.counted(WorkloadCounter.bulkPartial.id) &- partial
    counts[base + 3] &+= cpu.counted(WorkloadCounter.bulkFailed.id) &- failed
    counts[base + 4] &+= cpu.counted(WorkloadCounter.allocationFailed.id) &- nothing
  }

  /// Operations, bulk calls full, partial, failed, and allocations failed of one workload.
  func total(_ workload: Int) -> [UInt64] {
    (0..<5).map { field in
      var sum: UInt64 = 0
      var base = workload * Self.stride
      while base < counts.count {
        sum &+= counts[base + field]
        base += workloads * Self.stride
      }
      return sum
    }
  }
}
