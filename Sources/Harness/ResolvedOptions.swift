// The options of a run as a config: what is printed first, and what repeats the run.

import JSON5
import Machine
import PageAllocator
import Workloads

enum ResolvedOptions {
  private static let place = SourcePosition(file: "resolved options", line: 1, column: 1)

  /// A config that gives `plan`, every option written out.
  static func node(_ plan: RunPlan, _ machine: MachineConfiguration) -> JSON5Node {
    object([
      ("name", text(plan.name)),
      ("seed", JSON5Node(.number(JSON5Number(plan.seed)), at: place)),
      ("machine", machineNode(machine)),
      ("allocator", allocatorNode(machine.tunables, isRecorded: machine.recorded != nil)),
      (
        "policies",
        object([
          ("pcpProtection", text(plan.allocator.tunables.perCPUProtection.name)),
          ("bulkSource", text(plan.allocator.tunables.bulkSource.name)),
        ])
      ),
      ("interrupts", interruptsNode(plan.interrupts)),
      ("workloads", array(plan.workloads.map(workloadNode))),
      ("trace", plan.trace.map(traceNode)),
      ("pageCacheSlots", number(plan.pageCacheSlots)),
      ("stop", stopNode(plan.stop)),
      ("statistics", text("\(plan.statistics)")),
      ("checks", checksNode(plan.checks)),
      ("bugs", array(plan.bugs.map { text($0.name) })),
      ("explore", plan.explore.node(at: place)),
    ])
  }

  private static func machineNode(_ machine: MachineConfiguration) -> JSON5Node {
    if machine.recorded != nil { return object(machine.files.map { ($0.key, text($0.name)) }) }
    return object([
      ("cpus", number(machine.cpus)), ("nodes", number(machine.nodes)),
      ("memory", size(machine.memoryBytes)), ("dma", size(machine.dmaBytes)),
      ("dma32", size(machine.dma32Bytes)),
      ("movablePercent", number(machine.movablePercent)),
      ("pageblockOrder", number(machine.tunables.pageblockOrder.index)),
    ])
  }

  private static func allocatorNode(
    _ tunables: AllocatorTunables, isRecorded: Bool
  ) -> JSON5Node {
    object([
      ("batchScaleMax", number(tunables.batchScaleMax)),
      ("watermarkBoostFactor", number(tunables.watermarkBoostFactor)),
      ("watermarkScaleFactor", number(tunables.watermarkScaleFactor)),
      ("minFreeKBytes", isRecorded ? nil : tunables.minFreeKBytes.map(number)),
      ("perCPUHighFraction", number(tunables.perCPUHighFraction)),
      ("lowmemReserveRatio", array(tunables.lowmemReserveRatio.map(number))),
      ("batch", tunables.perCPUBatch.map(number)), ("high", tunables.perCPUHigh.map(number)),
      ("freeHighBatch", bool(tunables.freeHighBatch)),
      ("groupByMobility", bool(tunables.groupByMobility)),
    ])
  }

  private static func interruptsNode(_ plan: InterruptPlan) -> JSON5Node {
    var members: [(String, JSON5Node?)] = [("delivery", text(plan.delivery.rawValue))]
    for source in InterruptSource.allCases {
      members.append((source.name, number(plan.pointsBetween[source] ?? 0)))
    }
    if plan.delivery == .signal { members.append(("perSecond", number(plan.signalsPerSecond))) }
    return object(members)
  }

  private static func workloadNode(_ plan: WorkloadPlan) -> JSON5Node {
    var members: [(String, JSON5Node?)] = [("kind", text(plan.kind.name))]
    if !plan.kind.isKernelThread { members.append(("cpus", array(plan.cpus.map(number)))) }
    members.append(("weight", number(plan.weight)))
    for (name, value) in plan.values.values { members.append((name, number(value))) }
    return object(members)
  }

  private static func traceNode(_ plan: TracePlan) -> JSON5Node {
    let phase = plan.decayPhaseMicroseconds.map {
      text(ConfigurationUnits.durationText(UInt64($0) * 1000))
    }
    return object([
      ("file", text(plan.file)), ("decay", bool(phase != nil)), ("decayPhase", phase),
    ])
  }

  private static func stopNode(_ plan: StopPlan) -> JSON5Node {
    object([
      ("duration", plan.durationNanoseconds.map { text(ConfigurationUnits.durationText($0)) }),
      ("operations", plan.operations.map(number)),
      ("stuck", text(ConfigurationUnits.durationText(plan.stuckNanoseconds))),
      ("firstFinding", bool(plan.atFirstFinding)),
    ])
  }

  private static func checksNode(_ plan: ChecksPlan) -> JSON5Node {
    object([
      ("ledger", bool(plan.ledger)), ("bulkOracle", bool(plan.bulkOracle)),
      ("grants", bool(plan.grants)),
      ("invariants", bool(plan.invariants)), ("leaks", bool(plan.leaks)),
      ("lockdep", bool(plan.lockdep)),
      ("pauseEvery", plan.pauseNanoseconds.map { text(ConfigurationUnits.durationText($0)) }),
      ("require", array(plan.requiredPaths.map(text))),
    ])
  }

  private static func object(_ members: [(String, JSON5Node?)]) -> JSON5Node {
    let kept = members.compactMap { key, value in
      value.map { JSON5Member(key: key, keyPosition: place, value: $0) }
    }
    return JSON5Node(.object(kept), at: place)
  }

  private static func array(_ nodes: [JSON5Node]) -> JSON5Node {
    JSON5Node(.array(nodes), at: place)
  }
  private static func number(_ value: Int) -> JSON5Node {
    JSON5Node(.number(JSON5Number(value)), at: place)
  }
  /// Bytes with a unit; none without, because nothing has no unit.
  private static func size(_ bytes: UInt64) -> JSON5Node {
    bytes == 0 ? number(0) : text(ConfigurationUnits.sizeText(bytes))
  }
  private static func text(_ value: String) -> JSON5Node { JSON5Node(.string(value), at: place) }
  private static func bool(_ value: Bool) -> JSON5Node { JSON5Node(.bool(value), at: place) }
}
