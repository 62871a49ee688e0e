// What one operation of a process asks for: drawn at once, before anything is known of results.

import Machine
import PageAllocator

/// How often a process does what.
struct AnonymousMix {
  /// Of 100 faults, those that ask for 2 MiB, and those that ask for 16 to 64 KiB.
  let hugePercent: Int
  let folioPercent: Int
  /// Of 1000 operations, those that are no faults.
  let unmapPerMille: Int
  let exitPerMille: Int
  let sharePerMille: Int
  let migratePerMille: Int
  let driverPerMille: Int

  init(_ values: WorkloadValues) {
    hugePercent = values["hugePercent"]
    folioPercent = values["folioPercent"]
    unmapPerMille = values["unmapPerMille"]
    exitPerMille = values["exitPerMille"]
    sharePerMille = values["sharePerMille"]
    migratePerMille = values["migratePerMille"]
    driverPerMille = values["driverPerMille"]
  }
}

/// One operation.
struct AnonymousRequest {
  enum Action: UInt64 {
    case fault, unmap, exit, share, migrate, driverBlock
  }

  let action: Action
  /// The order that a fault would like best.
  let order: Order
  private let details: Int

  /// Draws an operation of `mix`, always in three draws.
  init(_ cpu: CPU, _ mix: AnonymousMix) {
    action = Self.action(cpu.draw(.workload, below: 1000), mix)
    order = Self.order(cpu.draw(.workload, below: 300), mix)
    details = cpu.draw(.workload, below: 1 << 40)
  }

  private static func action(_ draw: Int, _ mix: AnonymousMix) -> Action {
    var left = draw - mix.unmapPerMille
    if left < 0 { return .unmap }
    left -= mix.exitPerMille
    if left < 0 { return .exit }
    left -= mix.sharePerMille
    if left < 0 { return .share }
    left -= mix.migratePerMille
    if left < 0 { return .migrate }
    left -= mix.driverPerMille
    return left < 0 ? .driverBlock : .fault
  }

  /// Three draws to the percent, so that the middle orders are equally likely.
  private static func order(_ draw: Int, _ mix: AnonymousMix) -> Order {
    if draw < mix.hugePercent * 3 { return .huge }
    if draw < (mix.hugePercent + mix.folioPercent) * 3 { return Order(2 + draw % 3) }
    return .zero
  }

  /// All of it, for the hash of requests.
  var word: UInt64 {
    UInt64(truncatingIfNeeded: details) << 8 | UInt64(order.rawValue) << 4 | action.rawValue
  }

  // The low bits choose among few, the upper ones a place.

  /// True if the fault is the first in the range of its page table.
  var needsTable: Bool { details & 31 == 0 }
  /// True if a huge folio is worth reclaim: the range was marked with madvise().
  private var isAdvised: Bool { details & 3 == 1 }
  /// Folios of an unmapped range: mostly few, at times many.
  var length: Int { details & 7 == 0 ? 1 + details >> 3 & 255 : 1 + details >> 3 & 15 }
  /// The order of a block that is not compound, 1 ... 3.
  var rawOrder: Order { Order(1 + (details & 255) % 3) }
  /// True if the block is split into pages.
  var splits: Bool { details >> 8 & 3 == 0 }
  /// True if the block is freed in the same operation.
  var freesAtOnce: Bool { details >> 10 & 1 == 0 }

  /// A place among `count` blocks, 0 ..< count; 0 if there are none.
  func place(among count: Int) -> Int { count > 0 ? (details >> 12 & 0xFF_FFFF) % count : 0 }

  /// How far the other CPU is, 0 ..< bound; 0 for a bound of 0.
  func cpuStep(below bound: Int) -> Int { bound > 0 ? (details >> 32) % bound : 0 }

  /// The flags of a folio of `order`.
  func gfp(_ order: Order) -> GFP {
    if order == .zero { return GFP.highUserMovable.union(.zero) }
    let light = GFP.transparentHugeLight.union(.zero)
    return isAdvised ? light.union(.directReclaim) : light
  }
}
