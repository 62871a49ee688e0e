// What became of a config that was scaled down, in a sentence.

extension ScaledPlan {
  /// How much less a simulated machine runs than the config says.
  public var scaleText: String {
    let tunables = (whole.allocator.tunables, small.allocator.tunables)
    var parts = [
      Self.part(small.cpuCount, of: whole.cpuCount, "CPUs"),
      Self.part(Self.frames(small), of: Self.frames(whole), "frames"),
      "pageblocks of order "
        + Self.less(tunables.1.pageblockOrder.index, than: tunables.0.pageblockOrder.index),
    ]
    let least = tunables.1.perCPUHighMin.map { "\($0) to " } ?? ""
    parts += [
      "\(scale.operations) operations of a CPU", "requests of at most \(scale.pages) pages",
      "refills of \(scale.batch)", "lists of \(least)\(scale.high)",
      "min watermarks of \(scale.minFree)",
    ]
    if !small.interrupts.sources.isEmpty {
      parts.append("\(scale.interrupts) interrupts of each source")
    }
    return "scaled down to " + parts.joined(separator: ", ")
      + "; a schedule is cut after \(scale.pointsMax) points"
  }

  private static func frames(_ plan: RunPlan) -> Int {
    plan.allocator.zones.reduce(0) { $0 + $1.managedPages }
  }

  private static func part(_ number: Int, of all: Int, _ what: String) -> String {
    number == all ? "\(number) \(what)" : "\(number) of \(all) \(what)"
  }

  private static func less(_ number: Int, than all: Int) -> String {
    number == all ? "\(number)" : "\(number) instead of \(all)"
  }
}
