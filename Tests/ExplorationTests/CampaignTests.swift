// Campaigns: the same schedules alone or among others, on one thread or several, and what is
// counted of them.

import Exploration
import Machine
import Synchronization
import Testing

/// Two CPUs that spin for each other, with interrupts: everything that a strategy must bear.
private func handshake(interrupts: Int) throws -> (SimulatedMachine, SimulatedProgram) {
  let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 12, catalog: Catalog())
  let words = machine.arena.table(of: Int.self, count: 4)
  let lock = machine.makeLock(LockClass(0), instance: 0)
  machine.setHandler(Adder(words.atomic(2)), for: .nic)
  var options = SimulationOptions()
  options.pointsMax = 4_000
  options.interruptBudget = interrupts > 0 ? [.nic: interrupts] : [:]
  let simulated = try SimulatedMachine(machine, options: options)
  return (
    simulated,
    SimulatedProgram { cpu in
      let (left, right) = (words.marked(0), words.marked(1))
      switch cpu.id {
      case 0:
        left.write(cpu, 1)
        while right.read(cpu) == 0 { cpu.relax() }
      case 1:
        while left.read(cpu) == 0 { cpu.relax() }
        while !lock.tryLock(cpu) { cpu.relax() }
        right.write(cpu, 1)
        lock.unlock(cpu)
      default:
        while !lock.tryLock(cpu) { cpu.relax() }
        words.plain(3).add(cpu, 1)
        lock.unlock(cpu)
      }
    }
  )
}

/// One CPU waits for the other by looking, and one interrupt may come.
private func flag() throws -> (SimulatedMachine, SimulatedProgram) {
  let machine = Machine(cpuCount: 2, arenaByteCount: 1 << 12, catalog: Catalog())
  let words = machine.arena.table(of: Int.self, count: 4)
  machine.setHandler(Adder(words.atomic(2)), for: .nic)
  var options = SimulationOptions()
  options.interruptBudget = [.nic: 1]
  let program = SimulatedProgram { cpu in
    if cpu.id == 0 { return words.marked(0).write(cpu, 1) }
    while words.marked(0).read(cpu) == 0 { cpu.relax() }
  }
  return (try SimulatedMachine(machine, options: options), program)
}

/// CPUs that interrupt each other, where no other interrupt comes.
private func pokes() throws -> (SimulatedMachine, SimulatedProgram) {
  let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 12, catalog: Catalog())
  let words = machine.arena.table(of: Int.self, count: 4)
  machine.setHandler(Adder(words.atomic(2)), for: .interProcessor)
  let program = SimulatedProgram { cpu in
    for _ in 0..<3 {
      cpu.interruptCPU((cpu.id + 1) % 3)
      for _ in 0..<3 { _ = words.atomic(0).add(cpu, 1) }
    }
  }
  return (try SimulatedMachine(machine), program)
}

private final class Adder: InterruptHandler {
  private let cell: AtomicCell
  init(_ cell: AtomicCell) { self.cell = cell }
  override func handle(_ cpu: CPU) { _ = cell.add(cpu, 1) }
}

private let kinds: [StrategyKind] = [.random, .pct(1), .pct(3), .pct(16), .pos, .urw, .surw]

struct CampaignTests {
  @Test("a strategy's name says which it is", arguments: kinds)
  func names(kind: StrategyKind) {
    #expect(StrategyKind(name: kind.name) == kind)
    for wrong in ["", "pct", "pct0", "pct17", "pct03", "pct-1", "pct+1", "Random"] {
      #expect(StrategyKind(name: wrong) == nil)
    }
  }

  @Test("every strategy is listed")
  func listed() {
    let names = StrategyText.all.map(\.name)
    for kind in SystematicKind.allCases { #expect(names.contains(kind.rawValue)) }
    for name in ["portfolio", "random", "pct3", "pos", "urw", "surw"] {
      #expect(names.contains(name))
    }
  }

  @Test("schedule 57 alone is what it is after 56 others", arguments: kinds)
  func alone(kind: StrategyKind) throws {
    let makers = [
      { try handshake(interrupts: 3) }, { try pokes() }, { try KnownProgram.twostage.make() },
    ]
    for make in makers {
      // A machine each: what an explorer finds in the memory is its start.
      func explorer(_ profile: CampaignProfile?) throws -> Explorer {
        let (simulated, program) = try make()
        return Explorer(
          simulated, plan: ExplorationPlan(kind, nil), program: program, profile: profile)
      }
      let many = try explorer(nil)
      var last: ExploredSchedule?
      for index in 0...57 as ClosedRange<UInt64> { last = many.run(index: index, seed: 9) }
      let one = try explorer(nil).run(index: 57, seed: 9)
      #expect(last == one)
      // With the profile of the first, stored, there is nothing left to measure.
      let frozen = many.profile(seed: 9)
      let stored = try explorer(frozen)
      #expect(stored.run(index: 57, seed: 9) == one)
      #expect(stored.profile(seed: 9) == frozen)
    }
  }

  @Test("CPUs that spin for each other come to their end under every strategy", arguments: kinds)
  func spinning(kind: StrategyKind) throws {
    for interrupts in [0, 2] {
      let (simulated, program) = try handshake(interrupts: interrupts)
      let explorer = Explorer(simulated, plan: ExplorationPlan(kind, nil), program: program)
      for index in 0..<200 as Range<UInt64> {
        let schedule = explorer.run(index: index, seed: 4)
        #expect(schedule.outcome.end == .complete)
        // Long before the fair turns would help.
        #expect(schedule.outcome.points < 1_000, "\(schedule)")
      }
    }
  }

  @Test("a search takes CPUs that spin, and interrupts, to a complete end")
  func systematic() throws {
    var totals: [UInt64] = []
    for kind in SystematicKind.allCases {
      let (simulated, program) = try flag()
      let outcome = SystematicSearch(simulated, kind, program: program).explore()
      #expect(outcome.isExhausted && outcome.failing == 0)
      totals.append(outcome.schedules)
    }
    #expect(totals.allSatisfy { $0 == totals[0] && $0 > 10 }, "\(totals)")
  }

  @Test("the profile of a program is what the program does")
  func profile() throws {
    let (simulated, program) = try KnownProgram.stringbuffer.make()
    let plan = ExplorationPlan(.surw, .sync)
    let profile = CampaignProfile.measure(plan, simulated, program, seed: 1)
    #expect(profile.all == nil)
    let sync = try #require(profile.sync)
    #expect(sync.schedules == 100 && sync.pointsMax == 11)
    #expect(sync.events == [7, 4] && sync.parents == [-1, 0])
    // One of the two locks is the main CPU's alone.
    #expect(sync.objects.map(\.events) == [[4, 4]])
  }

  @Test("lanes of their own judge one schedule in 31, of every strategy and granularity")
  func judged() throws {
    let plan = ExplorationPlan.portfolio()
    let judged = (0..<UInt64(31 * plan.arms.count)).filter(ParallelExplorer.isJudged)
    #expect(judged.count == plan.arms.count)
    #expect(Set(judged.map { $0 % UInt64(plan.arms.count) }).count == plan.arms.count)
  }

  @Test("a portfolio takes turns by the number of the schedule")
  func portfolio() {
    let plan = ExplorationPlan.portfolio()
    let arms = (0..<14 as Range<UInt64>).map { plan.arm($0) }
    for granularity in Granularity.allCases {
      let names = arms.filter { $0.granularity == granularity }.map(\.strategy.name)
      #expect(names == ["random", "pct2", "pct3", "pct5", "pos", "urw", "surw"])
    }
    for pair in zip(arms, arms.dropFirst()) {
      #expect(pair.0.granularity != pair.1.granularity)
    }
    #expect(plan.arm(14 * 12_345 + 3) == arms[3])
  }

  @Test("the number of threads changes nothing of what is found", arguments: [false, true])
  func threads(stopAtFirst: Bool) throws {
    let plan = ExplorationPlan.portfolio()
    let (simulated, program) = try KnownProgram.twostage.make()
    let alone = Explorer(simulated, plan: plan, program: program)
      .explore(schedules: 1_500, seed: 77, stopAtFirst: stopAtFirst)
    #expect(alone.found.count == 1)
    #expect(stopAtFirst == (alone.schedules < 1_500))
    for threads in [1, 2, 5] {
      let parallel = ParallelExplorer(plan, threads: threads) { try KnownProgram.twostage.make() }
      let outcome = try parallel.explore(schedules: 1_500, seed: 77, stopAtFirst: stopAtFirst)
      #expect(outcome == alone, "\(threads) threads")
    }
  }

  @Test("a campaign that is ended early has all schedules up to some number")
  func endedEarly() throws {
    let plan = ExplorationPlan.portfolio()
    let parallel = ParallelExplorer(plan, threads: 2) { try KnownProgram.account.make() }
    let calls = Calls()
    let outcome = try parallel.explore(
      schedules: 1 << 40, seed: 5, isOver: { calls.next() >= 20 })
    #expect(outcome.schedules > 0 && outcome.schedules <= 20 * 64)
    let (simulated, program) = try KnownProgram.account.make()
    let alone = Explorer(simulated, plan: plan, program: program)
      .explore(schedules: outcome.schedules, seed: 5)
    #expect(outcome == alone)
  }

  @Test("a campaign that cannot make its machines throws why")
  func noMachine() {
    struct NoMachine: Error {}
    let parallel = ParallelExplorer(.portfolio(), threads: 2) { throw NoMachine() }
    #expect(throws: NoMachine.self) { try parallel.explore(schedules: 10, seed: 1) }
  }

  @Test("distinct interleavings are counted, and nothing is left unseen once all were seen")
  func interleavings() throws {
    let campaign = try KnownProgram.account.explorer(.random).explore(schedules: 5_000, seed: 3)
    #expect(campaign.interleavings.distinct == 28)
    #expect(campaign.interleavings.unseenMass == 0)
    #expect(InterleavingSample().unseenMass == 1)
    #expect(campaign.findings.map(\.hits) == [campaign.failing])
    #expect(campaign.findings.first?.first == campaign.found.first?.index)
  }

  @Test("a sample of many interleavings estimates them, whatever their order")
  func sample() {
    let count = 100_000
    var forth = InterleavingSample()
    var back = InterleavingSample()
    for index in 0..<count {
      // The last tenth comes twice.
      forth.note(SplitMix64.split(6, UInt64(index)))
      if index >= count / 10 * 9 { forth.note(SplitMix64.split(6, UInt64(index))) }
    }
    for index in (0..<count).reversed() {
      if index >= count / 10 * 9 { back.note(SplitMix64.split(6, UInt64(index))) }
      back.note(SplitMix64.split(6, UInt64(index)))
    }
    #expect(forth == back)
    #expect(abs(Double(forth.distinct) / Double(count) - 1) < 0.1, "\(forth.distinct)")
    #expect(abs(forth.unseenMass - 9.0 / 11) < 0.03, "\(forth.unseenMass)")
  }
}

extension CampaignTests {
  @Test("an interleaving that comes all the time does not blur the unseen mass")
  func skewedSample() {
    var sample = InterleavingSample()
    for index in 0..<300_000 {
      // One in ten is new.
      sample.note(SplitMix64.split(9, index % 10 == 0 ? UInt64(index) : 1))
    }
    #expect(abs(sample.unseenMass - 0.1) < 0.01, "\(sample.unseenMass)")
    #expect(abs(Double(sample.distinct) / 30_000 - 1) < 0.1, "\(sample.distinct)")
  }

  @Test("campaigns are named with their bounds, and by nothing else")
  func names() {
    for name in ["portfolio", "random", "pct16", "surw", "preemptions", "delays:0", "exhaustive"] {
      #expect(CampaignStrategy(name: name)?.name == name)
    }
    #expect(CampaignStrategy(name: "preemptions:2") == .systematic(.preemptions, boundMax: 2))
    for name in ["", "pct17", "preemptions:", "delays:-1", "delays:01", "exhaustive:1", "pos:1"] {
      #expect(CampaignStrategy(name: name) == nil, "\(name)")
    }
  }

  @Test("a search of all schedules ends when it is told to, and its findings are had again")
  func toldToEnd() throws {
    let (simulated, program) = try KnownProgram.account.make()
    let search = SystematicSearch(simulated, .preemptions, program: program)
    var told = 0
    let outcome = search.explore { schedule in
      told += 1
      return schedule?.findings.isEmpty ?? true
    }
    let found = try #require(outcome.found.first)
    #expect(told > 1)
    #expect(outcome.failing == 1)
    #expect(outcome.levels.last?.isComplete == false)
    let replayer = Replayer(simulated, program)
    let recorded = replayer.record(seed: 0, strategy: PathFollower(found))
    #expect(recorded.findings == found.schedule.findings)
    #expect(recorded.outcome == found.schedule.outcome)
  }
}

/// Counts calls from any thread.
private final class Calls: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
