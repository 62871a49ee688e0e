// What lockdep knows of classes of locks: which was waited for under which, and how interrupts
// were meanwhile.  One graph for each writer; they are put together to be judged.

import Machine

/// A class of locks and a subclass, in one number.
struct LockNode: Equatable, BitwiseCopyable, Sendable {
  static let count = LockClass.count * 4
  let number: Int

  init(number: Int) { self.number = number }

  init(_ lockClass: LockClass, subclass: UInt8) {
    number = Int(lockClass.rawValue) * 4 + Int(subclass & 3)
  }

  @inline(__always) var bit: UInt64 { 1 << UInt64(number) }

  func name(_ catalog: Catalog) -> String {
    let name = catalog.name(LockClass(UInt8(number / 4)))
    return number % 4 == 0 ? name : "\(name)/\(number % 4)"
  }
}

/// How a class was ever taken or held.
enum LockUsage: Int, CaseIterable, Sendable {
  /// Waited for in a hardirq.
  case inHardirq
  /// Waited for in a softirq.
  case inSoftirq
  /// Held with interrupts on.
  case withHardirqs
  /// Held with interrupts and softirqs on.
  case withSoftirqs
  /// Waited for in an NMI.
  case inNMI
  /// Held outside of NMIs, which come whatever is off.
  case outsideNMI

  /// How many there are.
  static var count: Int { 6 }

  @inline(__always) var bit: UInt8 { 1 << UInt8(rawValue) }
}

/// Where something was first seen.
struct LockPlace: BitwiseCopyable, Equatable, Sendable {
  var schedule: UInt64 = 0
  /// Where the lock was taken, and where the one that was held then.
  var site: UInt16 = 0
  var heldSite: UInt16 = 0
  var cpu: UInt8 = 0
  var context: UInt8 = 0
}

/// The tables of one writer.
struct LockGraph {
  /// Chains remembered; if there are more, the rest is looked at again each time.
  private static let chainCountMax = 1024

  /// For each class the classes waited for under it, a bit each.
  let after: Table<UInt64>
  /// For each class the bits of `LockUsage`.
  let usage: Table<UInt8>
  /// Classes of which two were held out of order.
  let nested: Table<UInt64>
  private let edgePlaces: Table<LockPlace>
  private let usagePlaces: Table<LockPlace>
  private let nestedPlaces: Table<LockPlace>
  private let chains: Table<UInt64>
  private let chainCount: Table<Int>

  init(in arena: Arena) {
    after = arena.table(of: UInt64.self, count: LockNode.count)
    usage = arena.table(of: UInt8.self, count: LockNode.count)
    nested = arena.table(of: UInt64.self, count: 1)
    edgePlaces = arena.table(of: LockPlace.self, count: LockNode.count * LockNode.count)
    usagePlaces = arena.table(of: LockPlace.self, count: LockNode.count * LockUsage.count)
    nestedPlaces = arena.table(of: LockPlace.self, count: LockNode.count)
    chains = arena.table(of: UInt64.self, count: Self.chainCountMax * 2)
    chainCount = arena.table(of: Int.self, count: 1)
  }

  /// Forgets what was seen; where is written anew with what is seen next.
  func forget() {
    after.fill(with: 0)
    usage.fill(with: 0)
    nested.fill(with: 0)
    if chainCount[0] == 0 { return }
    chains.fill(with: 0)
    chainCount[0] = 0
  }

  static var byteCount: Int {
    let places = LockNode.count * (LockNode.count + LockUsage.count + 1)
    return places * MemoryLayout<LockPlace>.stride + chainCountMax * 16 + LockNode.count * 16 + 1024
  }

  /// True the first time that a chain is asked for; always if there is no room to remember it.
  func isNew(chain: UInt64) -> Bool {
    let key = chain == 0 ? 1 : chain
    let mask = Self.chainCountMax * 2 - 1
    var index = Int(truncatingIfNeeded: key >> 20) & mask
    while chains[index] != 0 {
      if chains[index] == key { return false }
      index = (index + 1) & mask
    }
    if chainCount[0] < Self.chainCountMax {
      chains[index] = key
      chainCount[0] += 1
    }
    return true
  }

  /// Chains remembered.
  var chainsSeen: Int { chainCount[0] }

  /// True if this is new.
  func addEdge(_ from: LockNode, _ to: LockNode, _ place: LockPlace) -> Bool {
    if after[from.number] & to.bit != 0 { return false }
    after[from.number] |= to.bit
    edgePlaces[from.number * LockNode.count + to.number] = place
    return true
  }

  /// True if this is new.
  func addUsage(_ node: LockNode, _ how: LockUsage, _ place: LockPlace) -> Bool {
    if usage[node.number] & how.bit != 0 { return false }
    usage[node.number] |= how.bit
    usagePlaces[node.number * LockUsage.count + how.rawValue] = place
    return true
  }

  /// True if this is new.
  func addNesting(_ node: LockNode, _ place: LockPlace) -> Bool {
    if nested[0] & node.bit != 0 { return false }
    nested[0] |= node.bit
    nestedPlaces[node.number] = place
    return true
  }

  /// True if this is new.
  func add(_ fact: LockFact) -> Bool {
    switch fact.what {
    case .edge(let from, let to): addEdge(from, to, fact.place)
    case .usage(let node, let how): addUsage(node, how, fact.place)
    case .nesting(let node): addNesting(node, fact.place)
    }
  }

  /// All that was seen.
  var facts: [LockFact] {
    var facts: [LockFact] = []
    for number in 0..<LockNode.count {
      let node = LockNode(number: number)
      var left = after[number]
      while left != 0 {
        let next = LockNode(number: left.trailingZeroBitCount)
        facts.append(LockFact(.edge(node, next), place(node, next)))
        left &= left &- 1
      }
      for how in LockUsage.allCases where usage[number] & how.bit != 0 {
        facts.append(LockFact(.usage(node, how), place(node, how)))
      }
      if nested[0] & node.bit != 0 {
        facts.append(LockFact(.nesting(node), nestingPlace(node)))
      }
    }
    return facts
  }

  func place(_ from: LockNode, _ to: LockNode) -> LockPlace {
    edgePlaces[from.number * LockNode.count + to.number]
  }

  func place(_ node: LockNode, _ how: LockUsage) -> LockPlace {
    usagePlaces[node.number * LockUsage.count + how.rawValue]
  }

  func nestingPlace(_ node: LockNode) -> LockPlace { nestedPlaces[node.number] }

  /// Adds what another writer saw; of what both saw, the place in the lower schedule stays.
  func merge(_ other: LockGraph) {
    for from in 0..<LockNode.count {
      let node = LockNode(number: from)
      for to in 0..<LockNode.count where other.after[from] & (1 << UInt64(to)) != 0 {
        let target = LockNode(number: to)
        let place = other.place(node, target)
        if after[from] & target.bit != 0 && self.place(node, target).schedule <= place.schedule {
          continue
        }
        after[from] |= target.bit
        edgePlaces[from * LockNode.count + to] = place
      }
      for how in LockUsage.allCases where other.usage[from] & how.bit != 0 {
        let place = other.place(node, how)
        let isKnown = usage[from] & how.bit != 0
        if isKnown && self.place(node, how).schedule <= place.schedule { continue }
        usage[from] |= how.bit
        usagePlaces[from * LockUsage.count + how.rawValue] = place
      }
      if other.nested[0] & node.bit == 0 { continue }
      let place = other.nestingPlace(node)
      if nested[0] & node.bit != 0 && nestingPlace(node).schedule <= place.schedule { continue }
      nested[0] |= node.bit
      nestedPlaces[from] = place
    }
  }
}
