// Interrupts at seeded points of a CPU's own code: the native machine's `delivery: "points"`.
//
// Each CPU counts its points down to the next interrupt; how far, and from which source, its own
// stream says.  So a CPU that runs the same code gets its interrupts at the same places.  An NMI
// comes where the point is passed, whether interrupts are on or not.

import CMachine
import Synchronization

extension CPU {
  /// Readies the CPU for points delivery; off if no source has a rate.
  func preparePointsDelivery() {
    record.pointee.hook = { context, packed, _ in
      let kind = PointKind(packed: packed)
      if kind.isNote { return }
      let cpu = CPU(entering: context).at(Site(UInt16(truncatingIfNeeded: packed)))
      cpu.passNativePoint(cpu.site)
    }
    record.pointee.hookContext = UnsafeMutableRawPointer(record)
    if !record.pointee.shared.pointee.deliversAtPoints { return }
    if !record.pointee.contexts[0].areStreamsSeeded { record.pointee.seedStreams(.task) }
    record.pointee.pointsLeft = drawGap()
    record.pointee.attention.bitwiseOr(Attention.points, ordering: .relaxed)
  }

  /// A point that has to do something: an interrupt is due here, or `attention` asks for more.
  private func passNativePoint(_ site: Site) {
    let attention = record.pointee.attention.load(ordering: .relaxed)
    if attention != Attention.points {
      if attention & Attention.halt != 0 { leave() }
      if attention & Attention.postponed != 0 { takePostponed() }
      if attention & Attention.locate != 0 { tellPlace(site) }
      if attention & Attention.points == 0 { return }
      if attention & Attention.remote != 0 && mayTakeNMI { takeRemoteInterrupts() }
      record.pointee.pointsLeft -= 1
    }
    if record.pointee.pointsLeft > 0 { return }
    record.pointee.pointsLeft = drawGap()
    interrupt(
      from: record.pointee.shared.pointee.drawSource(&record.pointee.contexts[0].interruptStream))
  }

  private func takeRemoteInterrupts() {
    // In this order: what is sent in between is told of again.
    record.pointee.attention.bitwiseAnd(~Attention.remote, ordering: .relaxed)
    if record.pointee.remoteInterrupts.exchange(0, ordering: .acquiring) == 0 { return }
    interrupt(from: .interProcessor)
  }

  private func drawGap() -> Int64 {
    let mean = Int(record.pointee.shared.pointee.meanPointsBetween)
    return Int64(1 + record.pointee.contexts[0].interruptStream.below(2 * mean - 1))
  }
}

extension MachineShared {
  /// Mean points between two interrupts of any source; 0 if there are none.
  var meanPointsBetween: Int64 {
    var perBillion: Int64 = 0
    for source in 0..<InterruptSource.count {
      let between = pointsBetween[source]
      if between > 0 { perBillion += max(1_000_000_000 / between, 1) }
    }
    return perBillion == 0 ? 0 : max(1_000_000_000 / perBillion, 1)
  }

  /// Which source the next interrupt is from, by their rates, of which one is not 0.
  func drawSource(_ stream: inout RandomStream) -> InterruptSource {
    var weights: InlineArray<5, Int> = .init(repeating: 0)
    var total = 0
    for source in 0..<InterruptSource.count {
      let between = pointsBetween[source]
      weights[source] = between > 0 ? Int(max(1_000_000_000 / between, 1)) : 0
      total += weights[source]
    }
    var draw = stream.below(total)
    for source in InterruptSource.allCases {
      draw -= weights[source.rawValue]
      if draw < 0 { return source }
    }
    return .timer
  }
}
