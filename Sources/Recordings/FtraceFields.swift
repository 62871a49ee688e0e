// Reads the key=value part of one line of ftrace text.

extension FtraceLine {
  /// The values that the events of the allocator print, each nil until seen readable.
  private struct Fields {
    var pfn: UInt64?
    var order: UInt8?
    var migratetype: UInt8?
    var fallbackOrder: UInt8?
    var refill: UInt8?
    var gfp: TraceGFPExpression?

    mutating func set(
      _ key: TraceBytes, to value: TraceBytes
    ) {
      if key.isEqual(to: "pfn") {
        pfn = value.number(below: TraceEvent.pfnLimit)
      } else if key.isEqual(to: "order") || key.isEqual(to: "alloc_order") {
        order = Self.small(value, max: TraceEvent.orderMax)
      } else if key.isEqual(to: "migratetype") || key.isEqual(to: "alloc_migratetype") {
        migratetype = Self.small(value, max: TraceEvent.migratetypeMax)
      } else if key.isEqual(to: "gfp_flags") {
        gfp = value.isEmpty ? nil : TraceGFPExpression(parsing: value)
      } else if key.isEqual(to: "percpu_refill") {
        refill = Self.small(value, max: 1)
      } else if key.isEqual(to: "fallback_order") {
        fallbackOrder = Self.small(value, max: TraceEvent.orderMax)
      }
    }

    private static func small(_ text: TraceBytes, max: Int) -> UInt8? {
      text.number(below: UInt64(max) + 1).map { UInt8($0) }
    }
  }

  /// Completes `event`, whose kind is known, from the text behind the event's name.
  static func parseFields(
    _ text: TraceBytes, into event: TraceEvent
  ) -> FtraceLine {
    var fields = Fields()
    var position = text.skippingSpaces(from: 0)
    while position < text.count {
      let end = text.endOfWord(from: position)
      let equals = text.endOfWord(from: position, or: UInt8(ascii: "="))
      if equals < end {
        fields.set(text.part(position..<equals), to: text.part(equals + 1..<end))
      }
      position = text.skippingSpaces(from: end)
    }
    return complete(event, from: fields)
  }

  private static func complete(_ base: TraceEvent, from fields: Fields) -> FtraceLine {
    var event = base
    guard let pfn = fields.pfn else { return .damaged(.noPageFrame) }
    guard let order = fields.order else { return .damaged(.noOrder) }
    event.pfn = pfn
    event.order = order
    if event.kind == .free || event.kind == .freeBatched { return .event(event) }
    guard let migratetype = fields.migratetype else { return .damaged(.noMigratetype) }
    event.migratetype = migratetype
    switch event.kind {
    case .alloc:
      guard var gfp = fields.gfp else { return .damaged(.noFlags) }
      gfp.checkNumbering(migratetype: migratetype)
      event.gfp = gfp.flags
      event.unknownGFPCount = gfp.unknownCount
    case .zoneLocked:
      guard let refill = fields.refill else { return .damaged(.noRefill) }
      event.isPerCPURefill = refill == 1
    case .extfrag:
      guard let fallbackOrder = fields.fallbackOrder else { return .damaged(.noOrder) }
      event.fallbackOrder = fallbackOrder
    case .free, .freeBatched, .pcpuDrain: break
    }
    return .event(event)
  }
}
