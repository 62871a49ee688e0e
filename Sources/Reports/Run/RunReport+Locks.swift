// What locks cost: the columns of /proc/lock_stat, in two tables because one would not fit.

import Outcomes

extension RunReport {
  /// Call sites that are shown.
  static let contendedSitesMax = 8

  /// How often locks were taken and found taken, by class.
  static func locks(_ run: RunBody) -> ReportSection? {
    var table = ReportTable([
      .text("class"), .number("contentions"), .number("acquisitions"),
      .number("trylock-calls"), .number("trylock-failures"),
    ])
    for lock in run.locks {
      table.add([
        .text(lock.name), .count(lock.contentions), .count(lock.acquisitions),
        .count(lock.tryAttempts), .count(lock.tryFailures),
      ])
    }
    return ReportSection("Locks", table)
  }

  /// How long locks were waited for and held, for the classes that were timed.
  static func lockTimes(_ run: RunBody) -> ReportSection? {
    let timed = run.locks.filter { $0.wait != nil || $0.hold != nil }
    var table = ReportTable(
      [.text("class")]
        + ["wait", "hold"].flatMap { kind in
          ["min", "max", "total", "avg"].map { .number("\(kind)-\($0)") }
        })
    for lock in timed {
      table.add([.text(lock.name)] + times(lock.wait) + times(lock.hold))
    }
    return ReportSection("Lock times in us", table)
  }

  private static func times(_ times: TimesOutcome?) -> [ReportTable.Cell] {
    [times?.min, times?.max, times?.total, times?.average].map { .microseconds($0) }
  }

  /// The call sites that found locks taken most often.
  static func contendedSites(_ run: RunBody) -> ReportSection? {
    let shown = run.contendedSites.prefix(contendedSitesMax)
    let isTimed = shown.contains { $0.waitNanoseconds != nil }
    var columns: [ReportTable.Column] = [.text("site"), .number("contentions")]
    if isTimed { columns.append(.number("wait-total us")) }
    var table = ReportTable(columns)
    for site in shown {
      var cells: [ReportTable.Cell] = [.text(site.site), .count(site.contentions)]
      if isTimed { cells.append(.microseconds(site.waitNanoseconds)) }
      table.add(cells)
    }
    let more = run.contendedSites.count - shown.count
    let heading = "Most contended sites" + (more > 0 ? " (\(more) more not shown)" : "")
    return ReportSection(heading, table)
  }
}
