// One thing that lockdep sees of classes of locks: what an order of locks is made of.

import Machine

/// An edge between two classes, or how one was taken or held.
public struct LockFact: Equatable, Sendable {
  enum What: Equatable, Sendable {
    /// The second was waited for under the first.
    case edge(LockNode, LockNode)
    case usage(LockNode, LockUsage)
    /// Two locks of the class were held, out of order.
    case nesting(LockNode)
  }

  let what: What
  let place: LockPlace

  init(_ what: What, _ place: LockPlace) {
    self.what = what
    self.place = place
  }

  /// The schedule in which it was first seen.
  public var schedule: UInt64 { place.schedule }

  /// The same, seen in a schedule of another number.
  func seen(in schedule: UInt64) -> LockFact {
    var place = place
    place.schedule = schedule
    return LockFact(what, place)
  }

  /// A name that stands for it, without where and when: `zone->lock under pcp->lock`.
  public func name(_ catalog: Catalog) -> String { Self.name(what, catalog) }

  static func name(_ what: What, _ catalog: Catalog) -> String {
    switch what {
    case .edge(let from, let to): "\(to.name(catalog)) under \(from.name(catalog))"
    case .usage(let node, .inHardirq): "\(node.name(catalog)) in hardirq"
    case .usage(let node, .inSoftirq): "\(node.name(catalog)) in softirq"
    case .usage(let node, .inNMI): "\(node.name(catalog)) in NMI"
    case .usage(let node, .outsideNMI): "\(node.name(catalog)) outside of NMI"
    case .usage(let node, .withHardirqs): "\(node.name(catalog)) with interrupts on"
    case .usage(let node, .withSoftirqs): "\(node.name(catalog)) with softirqs on"
    case .nesting(let node): "\(node.name(catalog)) nested"
    }
  }

  /// What a name stands for; nil if it stands for nothing.
  static func what(named name: String, _ catalog: Catalog) -> What? {
    let nodes = catalog.namedLockClasses.flatMap { lockClass, _ in
      (0..<4).map { LockNode(lockClass, subclass: UInt8($0)) }
    }
    for node in nodes {
      var all = LockUsage.allCases.map { What.usage(node, $0) } + [.nesting(node)]
      all += nodes.map { .edge(node, $0) }
      if let found = all.first(where: { self.name($0, catalog) == name }) { return found }
    }
    return nil
  }

  /// True if a name stands for something that can be watched for.
  public static func isName(_ name: String, _ catalog: Catalog) -> Bool {
    what(named: name, catalog) != nil
  }

  /// What was seen, in a sentence.
  func sentence(_ catalog: Catalog, isSimulated: Bool) -> String {
    let site = catalog.name(Site(place.site))
    let held = catalog.name(Site(place.heldSite))
    let what =
      switch what {
      case .edge(let from, let to):
        "held \(from.name(catalog)), taken in \(held), and waited for \(to.name(catalog)) in"
          + " \(site)"
      case .usage(let node, .inHardirq):
        "waited in an interrupt for \(node.name(catalog)) in \(site)"
      case .usage(let node, .inSoftirq):
        "waited in a softirq for \(node.name(catalog)) in \(site)"
      case .usage(let node, .inNMI):
        "waited in an NMI for \(node.name(catalog)) in \(site)"
      case .usage(let node, .outsideNMI):
        "took \(node.name(catalog)) in \(site), where an NMI may come"
      case .usage(let node, .withHardirqs):
        "held \(node.name(catalog)), taken in \(held), with interrupts on"
      case .usage(let node, .withSoftirqs):
        "held \(node.name(catalog)), taken in \(held), with softirqs on"
      case .nesting(let node):
        "held a \(node.name(catalog)) taken in \(held) and waited in \(site) for another, or the"
          + " same, that is not above it"
      }
    let context = ContextKind(rawValue: place.context) ?? .task
    let when = isSimulated ? " in schedule \(place.schedule)" : ""
    return "CPU \(place.cpu) (\(context)) \(what)\(when)."
  }
}
