// Puts together what the threads of a campaign found, in the order of the schedules' numbers.

import Machine
import MachineChecks
import Synchronization

/// Adds blocks in the order of their numbers, whatever the order they come in.
final class CampaignMerge: Sendable {
  private struct State {
    var campaign = CampaignOutcome()
    /// What all schedules so far showed of locks; nil until one showed anything.
    var order: LockOrder?
    /// The first number that no thread took yet, and the one to be added next.
    var untaken: UInt64 = 0
    var next: UInt64 = 0
    /// Blocks that came before their turn, by their starts.
    var early: [UInt64: CampaignBlock] = [:]
    var isDone = false
    var error: (any Error)?
  }

  private let state = Mutex(State())
  private let count: UInt64
  private let wanted: WantedFindings
  private let progress: @Sendable (CampaignOutcome) -> Void

  init(
    count: UInt64, wanted: WantedFindings,
    progress: @escaping @Sendable (CampaignOutcome) -> Void
  ) {
    self.count = count
    self.wanted = wanted
    self.progress = progress
  }

  /// Numbers that nobody ran yet; nil if there are none left to run.
  func nextBlock(_ size: UInt64) -> Range<UInt64>? {
    state.withLock { state in
      if state.isDone || state.untaken >= count || state.error != nil { return nil }
      let start = state.untaken
      state.untaken = start + min(size, count - start)
      return start..<state.untaken
    }
  }

  /// Adds a block of schedules on machines with these names.
  func add(_ block: CampaignBlock, _ catalog: Catalog) {
    state.withLock { state in
      // No number after this one is wanted, should those before it find nothing.
      if block.found.contains(where: wanted.ends) { state.untaken = count }
      state.early[block.start] = block
      while let next = state.early.removeValue(forKey: state.next) {
        add(next, catalog, to: &state)
      }
      if !state.isDone { progress(state.campaign) }
    }
  }

  private func add(_ block: CampaignBlock, _ catalog: Catalog, to state: inout State) {
    if state.isDone { return }
    var found = block.found.makeIterator()
    var schedule = found.next()
    var facts = block.lockFacts[...]
    for (offset, outcome) in block.outcomes.enumerated() {
      let index = block.start + UInt64(offset)
      state.campaign.add(outcome)
      if let failing = schedule, failing.index == index {
        state.campaign.add(findings: failing)
        schedule = found.next()
        state.isDone = wanted.ends(failing)
      }
      let own = facts.prefix { $0.schedule == index }
      facts = facts.dropFirst(own.count)
      if !own.isEmpty && !state.isDone { add(Array(own), catalog, to: &state) }
      if state.isDone { return }
    }
    state.next = block.start + UInt64(block.outcomes.count)
  }

  /// What one schedule showed of locks, and other schedules of this thread before it did not.
  private func add(_ facts: [LockFact], _ catalog: Catalog, to state: inout State) {
    let order = state.order ?? LockOrder(catalog)
    state.order = order
    if order.add(facts).isEmpty { return }
    let new = state.campaign.add(lockOrder: order.violations)
    state.isDone = new.contains { wanted.isWanted($0.finding(catalog)) }
  }

  func fail(_ error: any Error) {
    state.withLock { state in if state.error == nil { state.error = error } }
  }

  func result() throws -> CampaignOutcome {
    try state.withLock { state in
      if let error = state.error { throw error }
      return state.campaign
    }
  }
}
