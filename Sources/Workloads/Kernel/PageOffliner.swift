// Takes single pages out of service, as for memory that shows errors, and puts them back.
//
// Models  soft_offline_page(), page_handle_poison(), unpoison_memory(), mm/memory-failure.c, 7.3.
// Omits   Migration of pages in use: such a page counts as missed.
// Rule    Only a page on a buddy list can be taken; a drain puts those of per-CPU lists there.

import Machine
import PageAllocator

/// The `pageOffliner` workload.
final class PageOffliner: Workload {
  private let allocatorInUse: PageAllocator
  private let drainPercent: Int
  private let attempts: Int
  private var offline: HeldBlocks

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    allocatorInUse = environment.allocator
    drainPercent = values["drainPercent"]
    attempts = values["attempts"]
    offline = HeldBlocks(
      in: environment.privateArena, capacity: values["frames"],
      stampBase: HolderStamps.worker(index))
    super.init(environment, cpuID: cpuID, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    HeldBlocks.arenaByteCount(capacity: values["frames"])
  }

  override var pagesHeldMax: Int { offline.capacity }

  override func begin(_ cpu: CPU) { offline.reset() }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 8)
    let cpu = cpu.at(.offlinePages)
    let returns = cpu.draw(.workload, below: 2) == 0
    let drains = cpu.draw(.workload, below: 100) < drainPercent
    let target = cpu.draw(.workload, below: cpu.cpuCount + 1)
    let pick = cpu.draw(.workload, below: 1 << 16)
    cpu.noteRequest(UInt64((target << 16 | pick) << 2 | (drains ? 2 : 0) | (returns ? 1 : 0)))
    if offline.isFull || (returns && offline.count > 0) { return putBack(cpu, pick) }
    if drains { drain(cpu, target) }
    take(cpu)
  }

  override func finish(_ cpu: CPU) {
    while offline.count > 0 { putBack(cpu.at(.offlinePages), offline.count - 1) }
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 1024)
  }

  /// One CPU's lists, or those of all.
  private func drain(_ cpu: CPU, _ target: Int) {
    if target == cpu.cpuCount { return allocatorInUse.drainAll(cpu) }
    allocatorInUse.drainRemote(cpu, target: target)
  }

  /// Tries some frames of the zones until one could be taken.
  ///
  /// How many it tries depends on what others hold, so they are no part of the request; which ones
  /// they are follows from it, for they are drawn from the operation's own stream.
  private func take(_ cpu: CPU) {
    var left = attempts
    while left > 0 {
      let zone = allocatorInUse.zone(cpu.draw(.workload, below: allocatorInUse.zoneCount))
      let frame = zone.start.advanced(by: cpu.draw(.workload, below: zone.spannedPages))
      if allocatorInUse.takePageOffBuddy(cpu, frame) {
        cpu.count(.framesOfflined)
        return offline.hold(cpu, allocatorInUse, frame, .zero)
      }
      cpu.count(.offlineMissed)
      left -= 1
    }
  }

  private func putBack(_ cpu: CPU, _ pick: Int) {
    let block = offline.release(cpu, allocatorInUse, at: pick % offline.count)
    if allocatorInUse.putPageBackBuddy(cpu, block.frame) { return }
    // The page was ours: somebody else put it back, or took it for his own.
    cpu.bug(Rule(AllocatorRule.badPageState.rawValue), .frame, block.frame.index, 0, 0)
  }
}
