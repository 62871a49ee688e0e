// Interrupts injected around a strategy come at the same points, whether the machine asks that
// strategy by itself where none may come any more, or not.

import Exploration
import Machine
import Testing

/// The same as `InterruptInjection`, which the machine must ask at each point.
private final class AskedAtEachPoint: ScheduleStrategy {
  private let strategy: ScheduleStrategy
  private var stream = RandomStream(seed: 0)
  private var oneIn: Int?
  private var seed: UInt64 = 0

  init(into strategy: ScheduleStrategy) { self.strategy = strategy }

  override var drawsEvenly: Bool { strategy.drawsEvenly }

  override func begin(seed: UInt64, _ view: ScheduleView) {
    strategy.begin(seed: seed, view)
    self.seed = seed
    oneIn = nil
  }

  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    guard view.isInterruptible, let delivery = draw(view) else { return strategy.choose(view) }
    strategy.giveWay(to: delivery, view)
    return delivery
  }

  private func draw(_ view: ScheduleView) -> ScheduleChoice? {
    if oneIn == nil {
      stream = RandomStream(seed: SplitMix64.split(seed, 0x1729))
      oneIn = 4 << (2 * stream.below(5))
    }
    if !view.enabled.isEmpty && !stream.chance(1, in: oneIn ?? 4) { return nil }
    let choices = InterruptSource.allCases.flatMap { source in
      (0..<view.cpuCount).filter { view.deliverable(source).contains($0) }
        .map { ScheduleChoice(source, to: $0) }
    }
    return choices.isEmpty ? nil : choices[stream.below(choices.count)]
  }
}

struct InterruptInjectionTests {
  private static var strategies: [(String, () -> ScheduleStrategy)] {
    [
      ("random", { RandomWalk() }), ("pct3", { PCT(depth: 3, .none) }), ("pos", { POS() }),
      ("urw", { URW(.none) }), ("surw", { SURW(.none) }),
    ]
  }

  private func program() throws -> (SimulatedMachine, SimulatedProgram) {
    let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 18, catalog: Catalog())
    let program = everyKind(machine)
    let options = SimulationOptions.small(.all, interrupts: [.nic: 3, .nmi: 1], started: 1)
    let simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    return (simulated, program)
  }

  @Test("they come at the same points", arguments: Self.strategies.map(\.0))
  func samePoints(name: String) throws {
    let make = try #require(Self.strategies.first { $0.0 == name }).1
    let (one, other) = (try program(), try program())
    let (apart, atEach) = (InterruptInjection(into: make()), AskedAtEachPoint(into: make()))
    for seed in UInt64(0)..<300 {
      let left = one.0.run(seed: seed, strategy: apart, one.1)
      #expect(left == other.0.run(seed: seed, strategy: atEach, other.1), "\(seed)")
    }
  }
}
