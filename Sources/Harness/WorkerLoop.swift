// The operations of a CPU's workers, one after another: the same loop natively and in a schedule.

import Machine
import Workloads

/// A workload on one CPU.
struct Worker {
  let workload: Workload
  /// Its place in `plan.workloads`.
  let index: Int
  let weight: Int
}

/// What a run adds to each operation.
protocol OperationWatch {
  /// Another operation may begin; false ends the loop.
  func mayBegin(_ cpu: CPU) -> Bool
  /// Has the worker do operation `number`.
  func operate(_ cpu: CPU, _ worker: Worker, _ number: Int)
}

/// The workers of one CPU, which take turns by weight.
struct WorkerLoop {
  let workers: [Worker]
  private let weights: Int

  init(_ workers: [Worker]) {
    self.workers = workers
    weights = workers.reduce(0) { $0 + $1.weight }
  }

  /// False for a CPU with nothing to do.
  var hasWork: Bool { weights > 0 }

  /// Before the first operation.
  func begin(_ cpu: CPU) {
    for worker in workers { worker.workload.begin(cpu) }
  }

  /// Does the operations of these numbers; each has its requests from its number and `seed`,
  /// whichever others are done.
  func run(
    _ cpu: CPU, _ numbers: some Sequence<Int>, seed: UInt64, _ watch: some OperationWatch
  ) {
    if !hasWork { return }
    for number in numbers {
      if !watch.mayBegin(cpu) { return }
      cpu.beginOperation(UInt64(number), seed: seed)
      watch.operate(cpu, choose(cpu), number)
      cpu.judgeBalance()
    }
  }

  /// After the last: the workers give back what they hold.
  func finish(_ cpu: CPU) {
    for worker in workers { worker.workload.finish(cpu) }
    cpu.judgeBalance()
  }

  private func choose(_ cpu: CPU) -> Worker {
    var draw = cpu.draw(.workload, below: weights)
    var chosen = 0
    while draw >= workers[chosen].weight {
      draw -= workers[chosen].weight
      chosen += 1
    }
    return workers[chosen]
  }
}
