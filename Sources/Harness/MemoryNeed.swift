// The memory that a run takes: the sum of what its parts say.

import Checker
import Machine
import MachineChecks
import Workloads

extension RunPlan {
  /// Bytes of modelled memory.
  var arenaByteCount: Int {
    allocator.arenaByteCount + Mailboxes.arenaByteCount(cpus: cpuCount)
      + ReceiveQueues.arenaByteCount(cpus: cpuCount)
      + SharedPageCache.arenaByteCount(slots: pageCacheSlots, cpus: cpuCount)
  }

  /// Bytes of the workers' and handlers' own tables.
  var privateByteCount: Int {
    let workers = workloads.reduce(0) { sum, entry in
      sum + entry.cpus.count * entry.kind.privateByteCount(entry.values)
    }
    let handlers = interrupts.sources.reduce(0) { sum, source in
      sum
        + {
          switch source {
          case .nic, .block: 0
          case .timer: timerHandlerByteCount(cpus: cpuCount)
          case .interProcessor: interProcessorHandlerByteCount(cpus: cpuCount)
          case .nmi: nmiHandlerByteCount(cpus: cpuCount)
          }
        }()
    }
    return max(workers + handlers, 64)
  }

  /// Bytes of a machine, its workers and its judges, whichever machine runs it.
  private var assemblyByteCount: Int {
    arenaByteCount + Machine.contextByteCount(cpuCount: cpuCount) + privateByteCount
      + ReceiveQueues.privateByteCount(cpus: cpuCount) + judgeByteCount
      + (trace.map { TraceReplay.byteCount($0.resolved) } ?? 0)
  }

  private var judgeByteCount: Int {
    let frames = allocator.frameCount
    let blocks = frames >> allocator.tunables.pageblockOrder.index + 1
    return ReserveWatch.byteCount(pageblocks: blocks) + ListTypeWatch.byteCount(pageblocks: blocks)
      + ZoneScan.byteCount(frameCount: frames)
      + (checks.ledger ? OwnershipLedger.byteCount(frameCount: frames, tracksTouched: false) : 0)
      + (checks.bulkOracle ? BulkOracle.byteCount(cpuCount: cpuCount) : 0)
      + (checks.grants
        ? GrantJudge.byteCount(cpuCount: cpuCount, zoneCount: allocator.zones.count) : 0)
      + (checks.lockdep ? Lockdep.byteCount(cpuCount: cpuCount, graphs: cpuCount * 4) : 0)
  }

  /// Bytes of a native run.
  public var nativeByteCount: Int {
    assemblyByteCount + NativeMachine.byteCount(cpuCount: cpuCount)
  }

  /// Bytes of a simulated run of this plan, which is scaled down already.
  func simulatedByteCount(judgingLocks: Bool) -> Int {
    let judges =
      Lockdep.byteCount(cpuCount: cpuCount, graphs: 1)
      + RaceDetector.byteCount(cpuCount: cpuCount, arenaByteCount: arenaByteCount)
    return assemblyByteCount + privateByteCount
      + SimulatedMachine.byteCount(cpuCount: cpuCount, arenaByteCount: arenaByteCount)
      + (judgingLocks ? judges : 0)
  }
}
