// What locks cost: the columns of /proc/lock_stat, in two tables because one would not fit.

import Outcomes

extension TextReport {
  /// Call sites that are shown.
  static let contendedSitesMax = 8

  /// How often locks were taken and found taken, by class.
  static func locks(_ run: RunBody) -> [String] {
    var table = TextTable([
      .text("class"), .number("contentions"), .number("acquisitions"),
      .number("trylock-calls"), .number("trylock-failures"),
    ])
    for lock in run.locks {
      table.add([
        .text(lock.name), .count(lock.contentions), .count(lock.acquisitions),
        .count(lock.tryAttempts), .count(lock.tryFailures),
      ])
    }
    return section("Locks", table, isEmpty: run.locks.isEmpty)
  }

  /// How long locks were waited for and held, for the classes that were timed.
  static func lockTimes(_ run: RunBody) -> [String] {
    let timed = run.locks.filter { $0.wait != nil || $0.hold != nil }
    var table = TextTable(
      [.text("class")]
        + ["wait", "hold"].flatMap { kind in
          ["min", "max", "total", "avg"].map { .number("\(kind)-\($0)") }
        })
    for lock in timed {
      table.add([.text(lock.name)] + times(lock.wait) + times(lock.hold))
    }
    return section("Lock times in us", table, isEmpty: timed.isEmpty)
  }

  private static func times(_ times: TimesOutcome?) -> [TextTable.Cell] {
    [times?.min, times?.max, times?.total, times?.average].map { .microseconds($0) }
  }

  /// The call sites that found locks taken most often.
  static func contendedSites(_ run: RunBody) -> [String] {
    let shown = run.contendedSites.prefix(contendedSitesMax)
    let isTimed = shown.contains { $0.waitNanoseconds != nil }
    var columns: [TextTable.Column] = [.text("site"), .number("contentions")]
    if isTimed { columns.append(.number("wait-total us")) }
    var table = TextTable(columns)
    for site in shown {
      var cells: [TextTable.Cell] = [.text(site.site), .count(site.contentions)]
      if isTimed { cells.append(.microseconds(site.waitNanoseconds)) }
      table.add(cells)
    }
    let more = run.contendedSites.count - shown.count
    let heading = "Most contended sites" + (more > 0 ? " (\(more) more not shown)" : "")
    return section(heading, table, isEmpty: shown.isEmpty)
  }
}
