// Tests of FtraceReader: what it makes of real text, of the formats of other kernels, of damage.

import Testing

@testable import Recordings

@Suite struct TraceFtraceReaderTests {
  private let prefix = "  task-1000    [001] d.s3.  5199.302012: "

  private func event(_ line: String) throws -> TraceEvent {
    let recording = FtraceReader.read(Array(line.utf8))
    #expect(recording.damagedLineCount == 0)
    return try #require(recording.events.first)
  }

  private func damage(_ line: String) -> TraceLineDamage? {
    let recording = FtraceReader.read(Array("#\n\(line)\n".utf8))
    #expect(recording.events.isEmpty)
    #expect(recording.damagedLines.first?.line ?? 2 == 2)
    return recording.damagedLines.first?.reason
  }

  @Test("the excerpt of anonymous memory has the counted events")
  func anonExcerpt() throws {
    let recording = FtraceReader.read(try TraceFixture.bytes("anon.ftrace"))
    #expect(TraceEventKind.allCases.map { recording.count(of: $0) } == [63, 176, 50, 63, 0, 0])
    #expect(recording.lineCount == 364)
    #expect(recording.cpus == [0, 1])
    #expect(recording.firstTimestamp == 5_199_302_012)
    #expect(recording.damagedLineCount == 0 && recording.otherEventCount == 0)
  }

  @Test("the excerpt of file systems has the counted events")
  func fsExcerpt() throws {
    let recording = FtraceReader.read(try TraceFixture.bytes("fs.ftrace"))
    #expect(TraceEventKind.allCases.map { recording.count(of: $0) } == [70, 100, 62, 55, 19, 1])
    #expect(recording.damagedLineCount == 0)
    let softirq = recording.events.filter { $0.context == .softirq }
    #expect(!softirq.isEmpty)
    let fallback = try #require(recording.events.first { $0.kind == .extfrag })
    #expect(fallback.order == 0 && fallback.fallbackOrder == 10 && fallback.pfn == 0x124400)
  }

  @Test("an event takes 32 bytes")
  func eventSize() { #expect(MemoryLayout<TraceEvent>.stride == 32) }

  @Test("an allocation is read with all its fields")
  func allocation() throws {
    let event = try event(
      prefix + "mm_page_alloc: page=00000000f00 pfn=0x10b79b order=2 migratetype=1 "
        + "gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO|__GFP_NEW|0x2000000\r\n")
    #expect(event.kind == .alloc && event.cpu == 1 && event.context == .softirq)
    #expect(event.timestamp == 5_199_302_012 && event.line == 1)
    #expect(event.pfn == 0x10b79b && event.order == 2 && event.migratetype == 1)
    #expect(event.gfp == [.reclaim, .io, .fs, .account, .zero])
    #expect(event.unknownGFPCount == 2)
  }

  @Test(
    "page frame numbers are read as older kernels print them",
    arguments: [
      ("page=0000000012345678 pfn=0x1f", UInt64(31)), ("page=0x1 pfn=123456", 123456),
      ("pfn=0x1F", 31), ("page=(null) pfn=0x0", 0), ("page=(null) pfn=0", 0),
    ])
  func pageFrames(text: String, pfn: UInt64) throws {
    #expect(try event(prefix + "mm_page_free: \(text) order=0").pfn == pfn)
  }

  @Test(
    "the context is found in columns of any width",
    arguments: [
      (" .....", TraceContext.task), (" d..3.", .task), (" ..s1", .softirq), (" d.h2.", .hardirq),
      (" d.H2.", .hardirq), (" dNLz3..", .nmi), (" d.Z1", .nmi), (" b.s.", .softirq), ("", .task),
    ])
  func contexts(flags: String, context: TraceContext) throws {
    let event = try event("x-1 [000]\(flags) 1.5: mm_page_free: pfn=1 order=0")
    #expect(event.context == context && event.timestamp == 1_500_000)
  }

  @Test(
    "a task's name may hold anything",
    arguments: ["a b-c", "[kworker/0:1]", "[001] x", "x: y:", "-", "a[7] [", "1.0: q", "<...>"])
  func taskNames(name: String) throws {
    let event = try event("\(name)-12 [003] ..... 2.000001999: mm_page_free: pfn=7 order=1")
    #expect(event.cpu == 3 && event.timestamp == 2_000_001 && event.order == 1)
  }

  @Test("composite and unusual flags are understood")
  func flags() {
    func parse(_ text: String) -> TraceGFPExpression {
      TraceBytes.over(Array(text.utf8)) { TraceGFPExpression(parsing: $0) }
    }
    #expect(parse("GFP_ATOMIC").flags == [.high, .kswapdReclaim])
    #expect(
      parse("GFP_HIGHUSER_MOVABLE").flags
        == [.reclaim, .io, .fs, .hardwall, .highmem, .movable])
    #expect(
      parse("GFP_TRANSHUGE").flags
        == parse("GFP_TRANSHUGE_LIGHT|__GFP_DIRECT_RECLAIM").flags)
    #expect(parse("0x901").flags == [.dma, .zero, .kswapdReclaim])
    #expect(parse("none").unknownCount == 0 && parse("__GFP_NOLOCKDEP").unknownCount == 0)
    #expect(parse("||").unknownCount == 3 && parse("0xzz").unknownCount == 1)
  }

  @Test("notes of lost events are counted")
  func losses() {
    let text = "CPU:1 [LOST 123 EVENTS]\n#\nCPU:0 [LOST EVENTS]\nCPU:x [LOST EVENTS]\n"
    let recording = FtraceReader.read(Array(text.utf8))
    #expect(
      recording.losses == [
        TraceLoss(line: 1, cpu: 1, eventCount: 123), TraceLoss(line: 3, cpu: 0, eventCount: nil),
      ])
    #expect(recording.lossCount == 2 && recording.lostEventCount == 123)
    #expect(recording.damagedLines == [TraceDamagedLine(line: 4, reason: .badLoss)])
  }

  @Test("damaged lines are skipped with a reason")
  func damagedLines() {
    #expect(damage("garbage") == .noPrefix)
    #expect(damage("\u{0}\u{1}\u{2}") == .noPrefix)
    #expect(damage("task-1 [001] ..... 51") == .noPrefix)
    #expect(damage("task-1 [240] ..... 1.0: mm_page_free: pfn=1 order=0") == .cpuTooLarge)
    #expect(damage(prefix + "mm_page_free: pfn=0x order=0") == .noPageFrame)
    #expect(damage(prefix + "mm_page_free: pfn=0xfffffffffffffffff order=0") == .noPageFrame)
    #expect(damage(prefix + "mm_page_free: pfn=1 order=16") == .noOrder)
    #expect(damage(prefix + "mm_page_free: pfn=1 or") == .noOrder)
    #expect(damage(prefix + "mm_page_alloc: pfn=1 order=0 gfp_flags=GFP_KERNEL") == .noMigratetype)
    #expect(damage(prefix + "mm_page_alloc: pfn=1 order=0 migratetype=0") == .noFlags)
    #expect(
      damage(prefix + "mm_page_alloc_zone_locked: pfn=1 order=0 migratetype=0 percpu_refill=2")
        == .noRefill)
    #expect(damage(String(repeating: "[", count: 5000)) == .tooLong)
    #expect(damage(prefix + "sched_switch: prev_comm=x") == nil)
  }

  @Test("only the first damaged lines are kept, all are counted")
  func manyDamagedLines() {
    let recording = FtraceReader.read(Array(String(repeating: "x\n", count: 100).utf8))
    #expect(recording.damagedLineCount == 100 && recording.lineCount == 100)
    #expect(recording.damagedLines.map(\.line) == Array(1...16))
  }

  @Test("a text in pieces reads as the whole")
  func pieces() throws {
    let bytes = try TraceFixture.bytes("fs.ftrace")
    let whole = FtraceReader.read(bytes)
    var reader = FtraceReader()
    var stream = DamageStream(seed: 5)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + stream.below(300))
      reader.read(Array(bytes[start..<end]))
      start = end
    }
    let pieces = reader.finish()
    #expect(pieces.events == whole.events && pieces.lineCount == whole.lineCount)
  }

  @Test("a line that never ends takes no memory and is one damaged line")
  func endlessLine() {
    var reader = FtraceReader()
    for _ in 0..<1000 { reader.read([UInt8](repeating: 0x5B, count: 1000)) }
    reader.read(Array("\n\(prefix)mm_page_free: pfn=1 order=0".utf8))
    let recording = reader.finish()
    #expect(recording.damagedLines == [TraceDamagedLine(line: 1, reason: .tooLong)])
    #expect(recording.events.count == 1 && recording.events.first?.line == 2)
  }

  @Test("no damage to a text traps the reader or the resolver")
  func fuzz() throws {
    let all = try TraceFixture.bytes("fs.ftrace")
    let lines = all.split(separator: 0x0A).suffix(200)
    var stream = DamageStream(seed: 1)
    for _ in 0..<20_000 {
      let start = lines.startIndex + stream.below(190)
      let text = Array(lines[start..<start + 4].joined(separator: [0x0A]))
      let recording = FtraceReader.read(stream.damage(text))
      let trace = TraceResolver.resolve(recording, zones: TraceFixture.zones)
      #expect(recording.events.count <= recording.lineCount)
      #expect(trace.slotCount <= recording.events.count)
    }
  }
}
