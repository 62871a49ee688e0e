// One access: does it race with what the shadow remembers, and what is remembered of it.

import Machine

extension RaceDetector {
  /// An access of a context to the operation's bytes.
  @inline(__always) func access(
    _ cpu: CPU, _ operation: CPUOperation, _ kind: AccessKind, _ thread: Int, _ view: ScheduleView
  ) {
    if operation.object == 0 { return }
    let offset = Int(operation.object) &- 1
    let size = max(Int(operation.bytes), 1)
    if offset < 0 || offset &+ size > shadowedBytes { return }
    let epoch = Epoch(thread, clocks.get(thread, thread))
    told = 0
    if size >= 4 {
      for slot in words.slots(offset, size) {
        access(words, slot, cpu, operation, kind, epoch, view)
      }
    } else {
      for slot in bytes.slots(offset, size) {
        access(bytes, slot, cpu, operation, kind, epoch, view)
      }
    }
  }

  @inline(__always) private func access(
    _ shadow: ShadowMemory, _ slot: Int, _ cpu: CPU, _ operation: CPUOperation, _ kind: AccessKind,
    _ epoch: Epoch, _ view: ScheduleView
  ) {
    // The same context did the same, or a plain write, since its last release: nothing is new.
    if shadow.epoch(slot, kind) == epoch { return }
    if shadow.epoch(slot, .plainWrite) == epoch && kind != .markedWrite { return }
    judge(shadow, slot, .plainWrite, cpu, operation, kind, epoch, view)
    switch kind {
    case .plainRead:
      judge(shadow, slot, .markedWrite, cpu, operation, kind, epoch, view)
      remember(shadow, slot, operation, kind, epoch, view)
    case .markedRead:
      remember(shadow, slot, operation, kind, epoch, view)
    case .markedWrite:
      judge(shadow, slot, .plainRead, cpu, operation, kind, epoch, view)
      if judgesUpdates && operation.kind == .markedWrite && hasRead(shadow, slot, epoch) {
        judge(shadow, slot, .markedWrite, cpu, operation, kind, epoch, view)
      }
      remember(shadow, slot, operation, kind, epoch, view)
    case .plainWrite:
      judge(shadow, slot, .plainRead, cpu, operation, kind, epoch, view)
      judge(shadow, slot, .markedWrite, cpu, operation, kind, epoch, view)
      judge(shadow, slot, .markedRead, cpu, operation, kind, epoch, view)
      // What races with one of those races with this, too, or comes after it.
      shadow.setEpoch(slot, .plainRead, .none)
      shadow.setEpoch(slot, .markedWrite, .none)
      shadow.setEpoch(slot, .markedRead, .none)
      set(shadow, slot, operation, kind, epoch, view)
    }
  }

  /// True if the context read the word, marked, since its last release: what it writes now it
  /// works out from that, and what another wrote meanwhile is lost.
  @inline(__always) private func hasRead(
    _ shadow: ShadowMemory, _ slot: Int, _ epoch: Epoch
  ) -> Bool {
    let read = shadow.epoch(slot, .markedRead)
    if !read.isSet { return read == epoch }
    return clocks.get(read.set, epoch.thread) == epoch.clock
  }

  @inline(__always) private func set(
    _ shadow: ShadowMemory, _ slot: Int, _ operation: CPUOperation, _ kind: AccessKind,
    _ epoch: Epoch, _ view: ScheduleView
  ) {
    let value = machine.value(at: Int(operation.object) &- 1, bytes: Int(operation.bytes))
    shadow.set(slot, kind, epoch, site: operation.site, point: view.points, value: value)
  }

  /// Remembers an access beside those of other contexts that it does not come after.
  @inline(__always) private func remember(
    _ shadow: ShadowMemory, _ slot: Int, _ operation: CPUOperation, _ kind: AccessKind,
    _ epoch: Epoch, _ view: ScheduleView
  ) {
    let old = shadow.epoch(slot, kind)
    let thread = epoch.thread
    if !old.isSet && (old.thread == thread || old.clock <= clocks.get(thread, old.thread)) {
      return set(shadow, slot, operation, kind, epoch, view)
    }
    share(shadow, slot, operation, kind, epoch, view)
  }

  /// Makes the epoch a set of contexts, and adds one.
  private func share(
    _ shadow: ShadowMemory, _ slot: Int, _ operation: CPUOperation, _ kind: AccessKind,
    _ epoch: Epoch, _ view: ScheduleView
  ) {
    var set = shadow.epoch(slot, kind)
    if !set.isSet {
      // Three vectors: clocks, sites, points.  If there are none left, the newest is remembered.
      guard let first = clocks.handOut(), clocks.handOut() != nil, clocks.handOut() != nil else {
        return self.set(shadow, slot, operation, kind, epoch, view)
      }
      clocks.set(first, set.thread, set.clock)
      clocks.set(first + 1, set.thread, UInt32(shadow.site(slot, kind)))
      clocks.set(
        first + 2, set.thread, UInt32(truncatingIfNeeded: shadow.point(slot, kind)))
      set = Epoch(set: first)
      shadow.setEpoch(slot, kind, set)
    }
    clocks.set(set.set, epoch.thread, epoch.clock)
    clocks.set(set.set + 1, epoch.thread, UInt32(operation.site))
    clocks.set(set.set + 2, epoch.thread, UInt32(truncatingIfNeeded: view.points))
  }

  /// Reports a race if what is remembered of `other` does not come before.
  @inline(__always) private func judge(
    _ shadow: ShadowMemory, _ slot: Int, _ other: AccessKind, _ cpu: CPU, _ operation: CPUOperation,
    _ kind: AccessKind, _ epoch: Epoch, _ view: ScheduleView
  ) {
    let old = shadow.epoch(slot, other)
    if old == .none { return }
    if !old.isSet {
      if old.clock <= clocks.get(epoch.thread, old.thread) { return }
      return report(
        shadow, slot, other, cpu, operation, kind, view, by: old.thread,
        site: shadow.site(slot, other), point: shadow.point(slot, other),
        value: shadow.value(slot, other))
    }
    for thread in 0..<clocks.width
    where clocks.get(old.set, thread) > clocks.get(epoch.thread, thread) {
      return report(
        shadow, slot, other, cpu, operation, kind, view, by: thread,
        site: UInt16(truncatingIfNeeded: clocks.get(old.set + 1, thread)),
        point: Int(clocks.get(old.set + 2, thread)), value: nil)
    }
  }

  private func report(
    _ shadow: ShadowMemory, _ slot: Int, _ other: AccessKind, _ cpu: CPU, _ operation: CPUOperation,
    _ kind: AccessKind, _ view: ScheduleView, by thread: Int, site: UInt16, point: Int,
    value: UInt64?
  ) {
    if told & (1 << UInt8(other.rawValue)) != 0 { return }
    told |= 1 << UInt8(other.rawValue)
    let offset = Int(operation.object) - 1
    note(
      cpu.at(Site(operation.site)),
      RaceRecord(
        offset: offset, schedule: schedules, count: 1, firstPoint: point,
        secondPoint: view.points, firstValue: value ?? 0,
        secondValue: machine.value(at: offset, bytes: Int(operation.bytes)),
        firstThread: UInt16(thread),
        secondThread: UInt16(cpu.id * 4 + Int(cpu.context.rawValue)), firstSite: site,
        secondSite: operation.site, firstKind: UInt8(other.rawValue),
        secondKind: UInt8(kind.rawValue), isFirstValueKnown: value != nil))
  }
}
