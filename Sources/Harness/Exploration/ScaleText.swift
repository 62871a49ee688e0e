// What became of a config that was scaled down, in a sentence.

import Machine

extension RunPlan {
  /// How much less a simulated machine runs than the config says.
  ///
  /// - Throws: ``ExploreError`` for what cannot be explored.
  public func scaleText() throws(ExploreError) -> String {
    let small = try scaledDown()
    let scale = exploreScale
    let tunables = (allocator.tunables, small.allocator.tunables)
    var parts = [
      Self.part(small.cpuCount, of: cpuCount, "CPUs"),
      Self.part(small.frames, of: frames, "frames"),
      "pageblocks of order "
        + Self.less(tunables.1.pageblockOrder.index, than: tunables.0.pageblockOrder.index),
    ]
    func add(_ number: Int?, _ text: (Int) -> String) {
      if let number { parts.append(text(number)) }
    }
    add(scale.operations) { "\($0) operations of a CPU" }
    add(scale.pages) { "requests of at most \($0) pages" }
    add(scale.batch) { "refills of \($0)" }
    let least = tunables.1.perCPUHighMin.map { "\($0) to " } ?? ""
    add(scale.high) { "lists of \(least)\($0)" }
    add(scale.minFree) { "min watermarks of \($0)" }
    if !small.interruptSources.isEmpty {
      add(scale.interrupts) { "\($0) interrupts of each source" }
    }
    add(scale.pointsMax) { "\($0) points" }
    return "scaled down to " + parts.dropLast().joined(separator: ", ")
      + "; a schedule is cut after \(parts.last ?? "")"
  }

  /// The sources of interrupts that are on.
  var interruptSources: [InterruptSource] {
    if interrupts.delivery == .off { return [] }
    return InterruptSource.allCases.filter { interrupts.pointsBetween[$0] ?? 0 > 0 }
  }

  private var frames: Int { allocator.zones.reduce(0) { $0 + $1.managedPages } }

  private static func part(_ number: Int, of all: Int, _ what: String) -> String {
    number == all ? "\(number) \(what)" : "\(number) of \(all) \(what)"
  }

  private static func less(_ number: Int, than all: Int) -> String {
    number == all ? "\(number)" : "\(number) instead of \(all)"
  }
}
