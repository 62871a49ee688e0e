// What is left at the end: pages that nobody gave back, and memory that did not grow together.
//
// Rule    Every worker has given back what it holds, all per-CPU lists were drained, and a scan was
//         made after that.

import Machine
import PageAllocator

/// The judge of the end of a run.
public struct LeakCheck {
  private let scan: ZoneScan
  private var collector = FindingCollector(.leakCheck)

  private init(_ scan: ZoneScan) { self.scan = scan }

  /// Leaks and memory that did not coalesce.  `scan` has just been made.
  public static func findings(after scan: ZoneScan) -> [Finding] {
    leaks(after: scan) + unmerged(after: scan)
  }

  /// Leaks, one finding for each CPU, context and site that allocated some, at most 16.
  public static func leaks(after scan: ZoneScan) -> [Finding] { LeakCheck(scan).leaks() }

  /// One finding if memory did not coalesce.
  public static func unmerged(after scan: ZoneScan) -> [Finding] {
    var check = LeakCheck(scan)
    check.checkDrained()
    check.checkMerged()
    return check.collector.findings
  }

  /// Pages of one origin that were never given back.
  private struct Origin {
    var owner: FrameOwner?
    var first: PageFrameNumber
    var pages: Int

    func isSame(_ other: FrameOwner?) -> Bool {
      owner?.site == other?.site && owner?.cpu == other?.cpu && owner?.context == other?.context
    }
  }

  private func leaks() -> [Finding] {
    var origins: [Origin] = []
    for zone in scan.zones {
      scan.forEachFrame(zone) { frame in
        if !isLeaked(frame) { return }
        let owner = scan.ledger?.owner(of: frame)
        if let known = origins.firstIndex(where: { $0.isSame(owner) }) {
          origins[known].pages += 1
        } else if origins.count < FindingCollector.findingCountMax {
          origins.append(Origin(owner: owner, first: frame, pages: 1))
        }
      }
    }
    return origins.map(finding)
  }

  /// True if somebody got the frame in this run and has it still.
  private func isLeaked(_ frame: PageFrameNumber) -> Bool {
    if let ledger = scan.ledger { return ledger.isHeldSinceStart(frame) }
    let cell = scan.map[frame]
    if cell != .allocated && cell != .nowhere { return false }
    return scan.liveAtStart.map { $0[frame] != .allocated } ?? true
  }

  private func finding(_ origin: Origin) -> Finding {
    let site = origin.owner.map { scan.machine.catalog.name($0.site) }
    let who = origin.owner.map { " that CPU \($0.cpu) (\($0.context)) got in \(site ?? "")" } ?? ""
    let pages = origin.pages == 1 ? "1 page" : "\(origin.pages) pages"
    let verb = origin.pages == 1 ? "was" : "were"
    var finding = Finding(
      rule: CheckerRule.leakedPage.name,
      sentence: "\(pages)\(who) \(verb) never given back; the first is \(origin.first.text).",
      site: site ?? CheckerSite.leakCheck.name, subject: origin.first.text, count: origin.pages)
    finding.cpu = origin.owner?.cpu
    finding.context = origin.owner.map { "\($0.context)" }
    return finding
  }

  private mutating func checkDrained() {
    for (zone, tally) in zip(scan.zones, scan.tallies) where tally.perCPU != 0 {
      collector.note(
        .notCoalesced, zone.text,
        "\(tally.perCPU) pages are on per-CPU lists of \(zone.text) after all were drained.")
    }
  }

  private mutating func checkMerged() {
    if scan.isMerged { return }
    for (zone, tally) in zip(scan.zones, scan.tallies) {
      let best = Coalescing(scan, zone).blocks
      if best == tally.blocks { continue }
      collector.note(
        .notCoalesced, zone.text,
        "\(zone.text) has \(Self.text(tally.blocks)) free blocks of order 0 to 10; merged as far as"
          + " their types allow they would be \(Self.text(best)).")
    }
  }

  private static func text(_ blocks: [Int]) -> String {
    blocks.map(String.init).joined(separator: " ")
  }
}
