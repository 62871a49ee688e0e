// The strategies against known answers: exact counts, exact chances, and mean schedules to the
// first bug as others measured them.  Seeds are fixed: what passes once passes always.

import Exploration
import Foundation
import Machine
import Testing

/// How often something happened in so many tries.
struct Rate {
  let hits: UInt64
  let tries: UInt64

  /// The share of tries.
  var mean: Double { Double(hits) / Double(tries) }
  /// The standard deviation of that share, if the chance is `chance`.
  func deviation(_ chance: Double) -> Double {
    (chance * (1 - chance) / Double(tries)).squareRoot()
  }
}

/// Failing schedules of a campaign.
func rate(_ program: KnownProgram, _ strategy: StrategyKind, _ tries: UInt64) throws -> Rate {
  let explorer = try program.explorer(strategy)
  let campaign = explorer.explore(schedules: tries, seed: 20)
  return Rate(hits: campaign.failing, tries: campaign.schedules)
}

/// Mean schedules to the first bug, as others measured them.
struct KnownMean: Sendable {
  let program: KnownProgram
  let strategy: StrategyKind
  let schedules: Double

  init(_ program: KnownProgram, _ strategy: StrategyKind, _ schedules: Double) {
    self.program = program
    self.strategy = strategy
    self.schedules = schedules
  }
}

private let knownMeans: [KnownMean] = [
  KnownMean(.reorder, .pct(2), 40.8), KnownMean(.reorder, .pct(3), 26),
  KnownMean(.reorder, .pct(5), 17.7), KnownMean(.reorder, .pos, 15),
  KnownMean(.reorder, .urw, 5.6), KnownMean(.reorder, .surw, 4.1),
  KnownMean(.twostage, .pct(2), 8.0), KnownMean(.twostage, .pct(3), 6.8),
  KnownMean(.twostage, .pos, 10.9), KnownMean(.twostage, .urw, 30),
  KnownMean(.twostage, .surw, 6.6), KnownMean(.stringbuffer, .pct(3), 31),
  KnownMean(.stringbuffer, .pct(5), 16.8), KnownMean(.stringbuffer, .pos, 12.2),
  KnownMean(.stringbuffer, .urw, 8.7), KnownMean(.stringbuffer, .surw, 5.8),
]

private let knownCounts: [(KnownProgram, UInt64, UInt64)] = [
  (.reorder, 2770, 23), (.twostage, 662, 4), (.account, 28, 4), (.lazy01, 118, 81),
  (.deadlock01, 46, 3), (.stringbuffer, 24, 1), (.reorderStarted, 162, 8),
]

private let knownChances: [(KnownProgram, Double)] = [
  (.reorder, 0.025034294), (.twostage, 0.021484375), (.account, 17.0 / 144),
  (.lazy01, 0.60763889), (.deadlock01, 0.375), (.stringbuffer, 0.0625),
  (.reorderStarted, 4.0 / 81),
]

private let depths: [(KnownProgram, Int)] = [
  (.reorder, 2), (.reorder, 3), (.twostage, 2), (.twostage, 3), (.account, 2), (.lazy01, 1),
  (.deadlock01, 2), (.stringbuffer, 3), (.stringbuffer, 5),
]

/// A debug build is 20 times slower: it tries a fifth as often.
#if DEBUG
  private let effort: UInt64 = 1
#else
  private let effort: UInt64 = 5
#endif

struct KnownAnswerTests {
  @Test(
    "a search of all schedules counts them and those that fail",
    arguments: knownCounts)
  func counts(program: KnownProgram, schedules: UInt64, failing: UInt64) throws {
    for kind in SystematicKind.allCases {
      let (simulated, body) = try program.make()
      let search = SystematicSearch(simulated, kind, program: body)
      let outcome = search.explore()
      // Level by level, each schedule is counted once, whatever the bound is on.
      #expect(outcome.schedules == schedules, "\(kind) \(outcome.levels)")
      #expect(outcome.failing == failing, "\(kind)")
      #expect(outcome.isExhausted && outcome.verdict == "complete: every schedule was run")
      #expect(kind == .exhaustive ? outcome.levels.count == 1 : outcome.levels.count > 1)
      let found = try #require(outcome.found.first)
      #expect(search.run(found) == found.schedule)
    }
  }

  @Test("the bounds at which bugs are met are those of their kinds")
  func bounds() throws {
    func firstBound(_ program: KnownProgram, _ kind: SystematicKind) throws -> Int? {
      let (simulated, body) = try program.make()
      return SystematicSearch(simulated, kind, program: body).explore().found.first?.cost
    }
    // Two preemptions: the main CPU's, then its child's.
    #expect(try firstBound(.stringbuffer, .preemptions) == 2)
    #expect(try firstBound(.deadlock01, .preemptions) == 1)
    // A CPU that ends hands over for nothing: orders of whole CPUs need no preemption.
    #expect(try firstBound(.lazy01, .preemptions) == 0)
    #expect(try firstBound(.lazy01, .delays) == 0)
    #expect(try firstBound(.stringbuffer, .delays) == 2)
  }

  @Test("a search that ends early says at which bound it is complete")
  func incomplete() throws {
    let (simulated, body) = try KnownProgram.reorder.make()
    let search = SystematicSearch(simulated, .preemptions, program: body)
    let bounded = search.explore(boundMax: 1)
    #expect(bounded.completeBound == 1 && !bounded.isExhausted)
    #expect(bounded.verdict == "complete at bound 1")
    let short = search.explore(schedulesMax: 3)
    #expect(short.completeBound == nil && short.verdict == "incomplete")
    #expect(short.schedules <= 3)
  }

  @Test(
    "the random walk fails as often as it must, within 3 standard deviations",
    arguments: knownChances)
  func randomWalk(program: KnownProgram, chance: Double) throws {
    let rate = try rate(program, .random, 40_000 * effort)
    #expect(abs(rate.mean - chance) < 3 * rate.deviation(chance), "\(rate.mean), not \(chance)")
  }

  @Test(
    "strategies need as many schedules to the first bug as is known",
    arguments: knownMeans)
  func means(known: KnownMean) throws {
    let schedules = known.schedules
    let rate = try rate(known.program, known.strategy, 20_000 * effort)
    let chance = 1 / schedules
    let mean = 1 / rate.mean
    let isNear = abs(mean - schedules) < 0.15 * schedules
    #expect(
      isNear || abs(rate.mean - chance) < 3 * rate.deviation(chance),
      "\(mean), not \(schedules)")
  }

  @Test("PCT of depth 2 never finds a bug of depth 3")
  func tooShallow() throws {
    #expect(try rate(.stringbuffer, .pct(2), 60_000 * effort).hits == 0)
  }

  @Test(
    "PCT finds a bug of its depth with at least the chance it promises",
    arguments: depths)
  func promise(program: KnownProgram, depth: Int) throws {
    let (simulated, body) = try program.make()
    let plan = ExplorationPlan(.pct(depth), .sync)
    let explorer = Explorer(simulated, plan: plan, program: body)
    let profile = try #require(explorer.profile(seed: 20).sync)
    let rate = try rate(program, .pct(depth), 20_000 * effort)
    let changes = pow(Double(profile.pointsMax), Double(depth - 1))
    let promised = 1 / (Double(profile.events.count) * changes)
    #expect(rate.mean + 3 * rate.deviation(promised) >= promised, "\(rate.mean) < \(promised)")
  }

  @Test("the random walk takes each schedule as often as its chance says")
  func goodnessOfFit() throws {
    let (simulated, body) = try KnownProgram.reorder.make()
    let chances = ExactChances()
    simulated.observe(chances)
    let search = SystematicSearch(simulated, .exhaustive, program: body).explore()
    simulated.removeObservers()
    #expect(chances.cells.count == 2770 && search.schedules == 2770)
    #expect(abs(chances.cells.reduce(0) { $0 + $1.chance } - 1) < 1e-9)

    let tries = 40_000 * Int(effort)
    var seen: [UInt64: Int] = [:]
    let walk = RandomWalk()
    for index in 0..<UInt64(tries) {
      let outcome = simulated.run(seed: SplitMix64.split(7, index), strategy: walk, body)
      seen[outcome.traceHash, default: 0] += 1
    }
    // Cells that are rare are one cell together.
    var statistic = 0.0
    var degrees = -1.0
    var (rareChance, rareSeen) = (0.0, 0)
    func add(_ chance: Double, _ count: Int) {
      let expected = chance * Double(tries)
      statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      degrees += 1
    }
    for cell in chances.cells {
      let count = seen.removeValue(forKey: cell.hash) ?? 0
      if cell.chance * Double(tries) >= 10 {
        add(cell.chance, count)
      } else {
        rareChance += cell.chance
        rareSeen += count
      }
    }
    #expect(seen.isEmpty, "every schedule taken is one of those counted")
    add(rareChance, rareSeen)
    #expect(degrees > 100)
    // Wilson and Hilferty: the cube root is normal.
    let spread = 2 / (9 * degrees)
    let normal = (pow(statistic / degrees, 1.0 / 3) - (1 - spread)) / spread.squareRoot()
    #expect(abs(normal) < 3, "chi-square \(statistic), \(degrees) degrees, z \(normal)")
  }
}

/// Each schedule's chance under the random walk: 1 / enabled at each of its points.
private final class ExactChances: ScheduleObserver {
  struct Cell {
    let hash: UInt64
    let chance: Double
  }
  private(set) var cells: [Cell] = []
  private var chance = 1.0

  override var interest: ScheduleInterest { .choices }
  override func begin(_ view: ScheduleView) { chance = 1 }
  override func decide(_ choice: ScheduleChoice, _ view: ScheduleView) {
    chance /= Double(view.enabledCount)
  }
  override func end(_ outcome: ScheduleOutcome, _ view: ScheduleView) {
    cells.append(Cell(hash: outcome.traceHash, chance: chance))
  }
}
