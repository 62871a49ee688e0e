// Records what one schedule does, step by step, with values and reasons.
//
// Rule    For schedules that are run once more to be looked at: it allocates at every step.  It
//         must be told before the judges, so that what a judge finds is at the step told last.

import Machine

/// An observer that keeps the steps of each schedule.
public final class StepTrace: ScheduleObserver {
  private let machine: Machine
  private let stepsMax: Int
  private var trace = ScheduleTrace()
  private var names: [NameKey: String] = [:]
  /// The operation told last, whose result is seen at the next event.
  private var last: CPUOperation?
  private var reason: SwitchReason?
  private var sources: [InterruptSource?] = []
  private var findingCount = 0

  private struct NameKey: Hashable {
    var kind: PointKind
    var object: UInt64
  }

  /// A trace of schedules of this machine, of at most `stepsMax` operations each.
  public init(of machine: Machine, stepsMax: Int = 200_000) {
    self.machine = machine
    self.stepsMax = stepsMax
  }

  /// The steps of the last schedule.
  public var taken: ScheduleTrace { trace }

  public override var interest: ScheduleInterest { [.operations, .choices] }

  public override func begin(_ view: ScheduleView) {
    trace = ScheduleTrace()
    trace.cpuCount = view.cpuCount
    sources = [InterruptSource?](repeating: nil, count: view.cpuCount)
    last = nil
    reason = nil
    findingCount = 0
  }

  public override func decide(_ choice: ScheduleChoice, _ view: ScheduleView) {
    settle(view)
    let current = view.current
    if choice.delivery != 0 {
      sources[Int(choice.cpu)] = choice.source
      if current != Int(choice.cpu) { reason = why(current, view) }
    } else if current != Int(choice.cpu) {
      reason = why(current, view)
    }
  }

  public override func execute(
    _ cpu: CPU, _ operation: CPUOperation, succeeds: Bool, _ view: ScheduleView
  ) {
    settle(view)
    if trace.steps.count == stepsMax {
      trace.stepsDropped += 1
      return
    }
    var step = TraceStep(
      number: view.points, cpu: cpu.id, context: cpu.context, kind: operation.kind,
      object: name(operation), site: machine.catalog.name(Site(operation.site)))
    step.succeeds = succeeds
    step.old = view.value(of: operation)
    step.reason = takeReason(of: step)
    trace.steps.append(step)
    last = operation
  }

  public override func rest(_ view: ScheduleView) {
    settle(view)
    last = nil
    trace.points = view.points
    for id in 0..<view.cpuCount {
      let isLive = view.unfinished.contains(id)
      let waits = isLive && !view.enabled.contains(id)
      let next = view.announced(id)
      trace.atEnd.append(
        CPUAtEnd(
          cpu: id, hasEnded: view.hasEnded(id), waitsFor: waits ? waitText(next) : nil,
          site: isLive ? machine.catalog.name(Site(next.site)) : ""))
    }
  }

  public override func end(_ outcome: ScheduleOutcome, _ view: ScheduleView) {
    note(machine.findings().findings, at: nil)
  }

  /// What happened since the last event belongs to the step told last.
  private func settle(_ view: ScheduleView) {
    if let last, !trace.steps.isEmpty, trace.stepsDropped == 0 {
      trace.steps[trace.steps.count - 1].new = view.value(of: last)
    }
    last = nil
    let count = machine.findingCount
    if count == findingCount { return }
    findingCount = count
    note(machine.findings().findings, at: trace.steps.isEmpty ? nil : trace.steps.count - 1)
  }

  private func note(_ findings: [Finding], at position: Int?) {
    for finding in findings {
      let signature = finding.signature
      if trace.findings.contains(where: { $0.finding.signature == signature }) { continue }
      trace.findings.append(TracedFinding(finding: finding, position: position))
    }
  }

  private func name(_ operation: CPUOperation) -> String {
    let key = NameKey(kind: operation.kind, object: operation.object)
    if let name = names[key] { return name }
    let name = machine.objectName(operation)
    names[key] = name
    return name
  }

  private func waitText(_ operation: CPUOperation) -> String {
    let object = name(operation)
    switch operation.kind {
    case .lock: return object
    case .join: return "the end of \(object)"
    case .sleep: return "time"
    default: return object.isEmpty ? "an interrupt" : object
    }
  }

  /// Why the CPU that was current does not go on.
  private func why(_ current: Int, _ view: ScheduleView) -> SwitchReason {
    if current < 0 { return .start }
    if !view.unfinished.contains(current) { return .ended }
    if !view.enabled.contains(current) { return .blocked(on: waitText(view.announced(current))) }
    return view.lastYielded ? .yielded : .preempted
  }

  private func takeReason(of step: TraceStep) -> SwitchReason? {
    defer { reason = nil }
    if step.kind == .interruptEnter {
      defer { sources[step.cpu] = nil }
      return .interrupt(sources[step.cpu]?.name ?? "that was pending")
    }
    guard let before = trace.steps.last else { return .start }
    if step.kind == .softirqEnter { return .interrupt("softirq") }
    if before.cpu == step.cpu && before.context == step.context { return nil }
    // A CPU's code goes on where its interrupt ended, or runs within another's spawn.
    return reason ?? (before.cpu == step.cpu ? .ended : .start)
  }
}
