// What a bulk allocation may do to its array, and what it must return: checked on every call.
//
// The rule of alloc_pages_bulk() is looser than its documentation: the value is the length of a
// filled prefix, which may leave out occupied slots further on, and is never more.
//
// Rule    A wrong value corrupts no memory, so the run goes on; a slot filled with a page that was
//         not allocated gives it two holders, and ends the run.

import Machine
import PageAllocator

/// A bulk allocation that has begun.
private struct BulkCall: BitwiseCopyable {
  var isActive = 0
  /// Slots asked for, as the caller said.
  var asked = 0
  /// Slots looked at: those asked for that exist.
  var slots = 0
  /// How many of them were occupied.
  var occupied = 0
  /// How many of those that are remembered were occupied.
  var occupiedRemembered = 0
  /// Pages allocated in this context since.
  var added = 0
  /// 1 once the single-page path was tried.
  var triedSingle = 0
  var padding = 0
}

/// What the array looked like afterwards.
private struct BulkResult {
  /// The first empty slot; the number of slots if there is none.
  var prefix = 0
  /// Slots that were empty and are not.
  var newlySet = 0
  /// The last such slot; -1 if none.
  var lastSet = -1
}

/// The judge of bulk allocations.
public final class BulkOracle: TracepointSubscriber, AllocatorListener {
  /// Slots whose content is remembered.  In longer arrays the others are only counted, and the call
  /// is counted as checked in part.
  public static var slotCountMax: Int { 1024 }

  private let arena: Arena
  private let calls: Table<BulkCall>
  private let remembered: Table<UInt32>

  /// An oracle for a machine of `cpuCount` CPUs.
  public init(cpuCount: Int) {
    let contexts = cpuCount * ContextKind.allCases.count
    arena = Arena(byteCount: Self.byteCount(cpuCount: cpuCount))
    calls = arena.table(of: BulkCall.self, count: contexts)
    remembered = arena.table(of: UInt32.self, count: contexts * Self.slotCountMax)
  }

  /// Bytes that an oracle for so many CPUs takes.
  public static func byteCount(cpuCount: Int) -> Int {
    let contexts = cpuCount * ContextKind.allCases.count
    return Arena.byteCount(of: BulkCall.self, count: contexts)
      + Arena.byteCount(of: UInt32.self, count: contexts * slotCountMax)
  }

  /// Forgets calls that never ended; no CPU is running.
  public func reset() { calls.fill(with: BulkCall()) }

  public var judged: CheckerCounter { .bulkCallsChecked }

  public override var kinds: [TracepointKind] { [.bulkBegin, .bulkEnd, .bulkSingle, .allocated] }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    // An interrupt that cuts into a call has a record of its own.
    let index = cpu.id &* ContextKind.allCases.count &+ Int(cpu.context.rawValue)
    var call = calls[index]
    switch event.kind {
    case .allocated:
      if call.isActive == 0 { return }
      call.added &+= 1
    case .bulkSingle: call.triedSingle = 1
    case .bulkBegin:
      guard let slots = event.slots else { return }
      call = begin(index, slots, asked: event.value)
    case .bulkEnd:
      guard call.isActive != 0, let slots = event.slots else { return }
      check(cpu, index, call, slots, returned: event.value)
      call.isActive = 0
    default: return
    }
    calls[index] = call
  }

  private func begin(_ index: Int, _ slots: PageSlots, asked: Int) -> BulkCall {
    var call = BulkCall()
    call.isActive = 1
    call.asked = asked
    call.slots = min(max(asked, 0), slots.count)
    let base = index * Self.slotCountMax
    for slot in 0..<call.slots {
      let content = Self.content(slots, slot)
      if content != 0 { call.occupied += 1 }
      if slot >= Self.slotCountMax { continue }
      remembered[base + slot] = content
      if content != 0 { call.occupiedRemembered += 1 }
    }
    return call
  }

  /// The frame in a slot, one up; 0 if it is empty.
  @inline(__always) private static func content(_ slots: PageSlots, _ slot: Int) -> UInt32 {
    slots[slot].map { $0.rawValue &+ 1 } ?? 0
  }

  private func check(
    _ cpu: CPU, _ index: Int, _ call: BulkCall, _ slots: PageSlots, returned: Int
  ) {
    cpu.count(.bulkCallsChecked)
    if call.slots > Self.slotCountMax { cpu.count(.bulkCallsTruncated) }
    let result = compare(cpu, index, call, slots)
    checkReturned(cpu, call, result, returned)
    if result.newlySet != call.added {
      if result.newlySet > call.added {
        cpu.bug(
          CheckerRule.bulkFramesMismatch.rule, .nothing, 0, result.newlySet, call.added, call.asked)
      }
      cpu.report(
        CheckerRule.bulkFramesMismatch.rule, .nothing, 0, result.newlySet, call.added, call.asked)
    }
    if call.added == 0 && call.triedSingle == 0 && call.occupied < call.slots {
      cpu.report(
        CheckerRule.bulkNoSingleAttempt.rule, .nothing, 0, call.asked, call.slots - call.occupied)
    }
  }

  /// Compares the array with what it was, and reports occupied slots that are not as they were.
  private func compare(
    _ cpu: CPU, _ index: Int, _ call: BulkCall, _ slots: PageSlots
  ) -> BulkResult {
    var result = BulkResult()
    result.prefix = call.slots
    let base = index * Self.slotCountMax
    var occupiedBeyond = 0
    for slot in 0..<call.slots {
      let now = Self.content(slots, slot)
      if now == 0 && result.prefix == call.slots { result.prefix = slot }
      if slot >= Self.slotCountMax {
        if now != 0 { occupiedBeyond += 1 }
        continue
      }
      let before = remembered[base + slot]
      if before == 0 && now != 0 {
        result.newlySet += 1
        result.lastSet = slot
      } else if before != now {
        let rule = now == 0 ? CheckerRule.bulkSlotLost : .bulkSlotChanged
        cpu.report(rule.rule, .slot, slot, Int(before) - 1, Int(now) - 1)
      }
    }
    result.newlySet += occupiedBeyond - (call.occupied - call.occupiedRemembered)
    return result
  }

  private func checkReturned(
    _ cpu: CPU, _ call: BulkCall, _ result: BulkResult, _ returned: Int
  ) {
    if call.slots > 0 && call.occupied == call.slots {
      if returned != call.asked {
        cpu.report(CheckerRule.bulkFullArray.rule, .nothing, 0, call.slots, returned)
      }
      return
    }
    if returned < 0 || returned > result.prefix || result.lastSet >= returned {
      cpu.report(
        CheckerRule.bulkReturnValue.rule, .nothing, 0, returned, result.prefix, call.asked,
        result.lastSet)
    }
  }
}
