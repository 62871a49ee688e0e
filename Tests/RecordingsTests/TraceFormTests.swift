// Tests of FtraceReader with the forms that other recorders print: perf script, trace-cmd report,
// latency-format, function_graph, other clocks, stacks between the events.

import Testing

@testable import Recordings

@Suite struct TraceFormTests {
  private let fields = "page=0x1 pfn=1245184 order=1 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE"

  private func read(_ text: String) -> TraceRecording { FtraceReader.read(Array(text.utf8)) }

  @Test("perf script's events are read after their system, its call chains passed over")
  func perfScript() throws {
    let recording = read(
      """
      bash  6429 [003]    100.000010:             kmem:mm_page_alloc: \(fields)
              ffffffffbe23e32e __alloc_pages_nodemask+0x22e ([kernel.kallsyms])
                  7efdf7f7d3e8 __poll+0x18 (/usr/lib64/libc-2.28.so)
                             0 [unknown] ([unknown])

      bash  6429 [003]    100.000020:          1 kmem:mm_page_free: page=0x1 pfn=1245184 order=1
      bash  6429 [003]    100.000030:      sched:sched_switch: prev_comm=a
      swapper 0 [002]     100.000040: PERF_RECORD_LOST lost 12
      """)
    #expect(recording.damagedLineCount == 0)
    #expect(recording.otherEventCount == 1)
    #expect(recording.events.map(\.kind) == [.alloc, .free])
    #expect(recording.events.map(\.cpu) == [3, 3])
    #expect(recording.events.map(\.timestamp) == [100_000_010, 100_000_020])
    #expect(recording.losses == [TraceLoss(line: 8, cpu: 2, eventCount: 12)])
  }

  @Test("trace-cmd's header is passed over, dropped events are a loss of as many")
  func traceCmd() {
    let recording = read(
      """
      version = 6
      cpus=8
      CPU 5 is empty
      CPU:0 [204600 EVENTS DROPPED]
      CPU:1 [EVENTS DROPPED]
                  bash-16810 [000]   100.000000: mm_page_alloc:        \(fields)
      """)
    #expect(recording.damagedLineCount == 0 && recording.events.count == 1)
    #expect(recording.lostEventCount == 204_600 && recording.lossCount == 2)
  }

  @Test(
    "latency-format is read, with and without a mark behind the time",
    arguments: [" ", "+", "!", "#"])
  func latencyFormat(mark: String) throws {
    let recording = read("    my-task-6429     12d.h1.    69us\(mark): mm_page_alloc: \(fields)\n")
    let event = try #require(recording.events.first)
    #expect(event.cpu == 12 && event.timestamp == 69 && event.context == .hardirq)
    #expect(event.order == 1 && recording.damagedLineCount == 0)
  }

  @Test("a whole number as time counts ticks, each taken as a nanosecond")
  func ticks() throws {
    let recording = read(
      """
      bash-1 [000] d..1. 300000000000: mm_page_alloc: \(fields)
      bash-1 [000] d..1. 300000030000: mm_page_free: pfn=1245184 order=1
      """)
    #expect(recording.events.map(\.timestamp) == [300_000_000, 300_000_030])
    #expect(recording.tickCount == 2)
  }

  @Test("stacks are passed over")
  func stacks() {
    let recording = read(
      """
      bash-1 [000] d..1. 100.000000: mm_page_alloc: \(fields)
      bash-1 [000] d..1. 100.000000: <stack trace>
       => __alloc_pages_noprof
       => alloc_pages_mpol
      bash-1 [000] d..1. 100.000000: <user stack trace>
       =>  <00007f1234567890>
      bash-1 [000] d..1. 100.000001: kernel_stack:         <stack trace >
      => __alloc_pages (ffffffff81234567)
      """)
    #expect(recording.damagedLineCount == 0 && recording.events.count == 1)
  }

  @Test("function_graph's comments are events, its functions are passed over")
  func functionGraph() {
    let recording = read(
      """
      # CPU  DURATION                  FUNCTION CALLS
       1)               |  __alloc_pages() {
       1)               |    /* mm_page_alloc: \(fields) */
       1)   0.250 us    |  }
       ------------------------------------------
       0)  bash-100  =>  idle-0
       ------------------------------------------
         100.000020 |   0)               |  /* mm_page_free: page=1 pfn=1245184 order=1 */
       0)               |  /* mm_page_free_batched: page=1 pfn=7 order=0 */
      """)
    #expect(recording.damagedLineCount == 0)
    #expect(recording.events.map(\.kind) == [.alloc, .free, .freeBatched])
    #expect(recording.events.map(\.cpu) == [1, 0, 0])
    #expect(recording.events.map(\.timestamp) == [0, 100_000_020, 100_000_020])
    #expect(recording.untimedCount == 2)
  }

  @Test("events have their names of before 3.3")
  func oldNames() {
    let recording = read(
      """
      a-1 [000] 1.5: mm_page_free_direct: page=1 pfn=8 order=2
      a-1 [000] 1.6: mm_pagevec_free: page=1 pfn=9 order=0 cold=0
      """)
    #expect(recording.events.map(\.kind) == [.free, .freeBatched])
  }

  @Test("a number by another kernel's flags is known by what does not fit, and counted")
  func otherNumbering() throws {
    func event(_ gfp: String, type: Int) throws -> (TraceGFP, Int) {
      let recording = read(
        "a-1 [000] 1.5: mm_page_alloc: pfn=8 order=0 migratetype=\(type) gfp_flags=\(gfp)\n")
      return (try #require(recording.events.first).gfp, recording.unknownGFPCount)
    }
    // 4.4's GFP_HIGHUSER_MOVABLE with __GFP_ZERO, as a whole and without the bit that is unknown.
    #expect(try event("0x24280ca", type: 1) == ([.kernel, .highmem, .movable], 1))
    #expect(try event("0x200da", type: 1) == ([.kernel, .highmem, .movable], 1))
    #expect(try event("0x100cca", type: 1) == (.highuserMovable, 0))
    #expect(try event("0x100cca", type: 0).1 == 1)
    #expect(try event("GFP_KERNEL|0x2000000", type: 0) == (.kernel, 1))
    let old = try event("GFP_KERNEL|GFP_REPEAT|GFP_NOWARN|GFP_ZERO|GFP_NOTRACK", type: 0)
    #expect(old == ([.kernel, .retryMayfail, .nowarn, .zero], 0))
  }

  @Test("CPUs up to 239 are read")
  func manyCPUs() {
    let recording = read(
      """
      a-1 [239] 1.5: mm_page_free: pfn=8 order=2
      a-1 [240] 1.5: mm_page_free: pfn=8 order=2
      """)
    #expect(recording.cpus == [239])
    #expect(recording.damagedLines.map(\.reason) == [.cpuTooLarge])
  }

  @Test("a form that another program must unpack first is named")
  func unreadable() {
    func form(_ bytes: [UInt8]) -> RecordingFormat? { RecordingFormat.unreadable(bytes) }
    #expect(form([0x1F, 0x8B, 8, 0]) == .gzip)
    #expect(form([0x17, 0x08, 0x44] + Array("tracing6".utf8)) == .traceDat)
    #expect(form(Array("PERFILE2....".utf8)) == .perfData)
    #expect(form([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) == .xz)
    #expect(form([0x28, 0xB5, 0x2F, 0xFD]) == .zstandard)
    #expect(form([0xC1, 0x1F, 0xFC, 0xC1]) == .commonTraceFormat)
    let lttng = "[11:05:02.1] (+?.?) host kmem_mm_page_alloc: { cpu_id = 0 }, { order = 0 }\n"
    #expect(form(Array(lttng.utf8)) == .lttngText)
    #expect(form(Array("# tracer: nop\n".utf8)) == nil && form([]) == nil)
    for format in RecordingFormat.allCases { #expect(format.advice(file: "f").contains("run")) }
  }
}
