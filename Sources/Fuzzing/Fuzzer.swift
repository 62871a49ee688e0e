// Makes damaged inputs by number and judges what is made of them.
//
// Rule  Whatever the bytes are, they are refused with a complete message or become a plan; and what
//       becomes a plan of a small machine can be built, run to its end, and breaks no rule.

import Harness
import JSON5
import Machine

/// What became of one input.
public enum FuzzVerdict: Equatable, Sendable {
  /// An error in one line, with a place.
  case refused
  /// A plan.
  case planned
  /// A plan whose machine was built.
  case built
  /// A plan that was run and broke no rule.
  case run
  /// A defect, in a sentence.
  case wrong(String)
}

/// The damaged inputs of one seed for one reader.
public struct Fuzzer: Sendable {
  /// Frames of the largest machine that is built: 64 MiB of memory.
  static let frameCountMax = 1 << 14
  /// One in so many recordings has its machine built, if it can be; every other input has.
  static let buildTraceEvery: UInt64 = 4
  /// One in so many inputs is run, if it can be; chosen by its number.
  static let runEvery: UInt64 = 64

  private let reader: FuzzReader
  private let samples: FuzzSamples
  private let seed: UInt64
  /// The lines of each recording.
  private let lines: [[ArraySlice<UInt8>]]

  /// The inputs of `seed` for `reader`.
  public init(_ reader: FuzzReader, _ samples: FuzzSamples, seed: UInt64) {
    self.reader = reader
    self.samples = samples
    self.seed = seed
    lines = samples.traces.map { $0.split(separator: 0x0A) }
  }

  /// Input number `number`.
  public func input(_ number: UInt64) -> FuzzInput {
    var stream = RandomStream(seed: SplitMix64.split(seed, number))
    switch reader {
    case .config: return config(&stream)
    case .zoneinfo: return machine(&stream)
    case .trace: return trace(&stream)
    }
  }

  /// Reads, builds and runs input number `number` as far as it goes.
  public func judge(_ number: UInt64) -> FuzzVerdict {
    let isBuilt = reader != .trace || number % Self.buildTraceEvery == 0
    return judge(input(number), isBuilt: isBuilt, isRun: number % Self.runEvery == 0)
  }

  /// Reads an input, builds its machine if that is small, and runs it if asked to.
  func judge(_ input: FuzzInput, isBuilt: Bool, isRun: Bool) -> FuzzVerdict {
    do throws(ConfigurationError) {
      return judge(try input.load(), isBuilt: isBuilt, isRun: isRun)
    } catch {
      let text = error.description
      if error.message.isEmpty { return .wrong("an error without a message") }
      if error.line < 1 || error.column < 1 { return .wrong("an error without a place: \(text)") }
      let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      return isPlain ? .refused : .wrong("an error with control characters: \(text)")
    }
  }

  private func judge(_ original: RunPlan, isBuilt: Bool, isRun: Bool) -> FuzzVerdict {
    var plan = original
    if JSON5Writer.text(plan.resolved).isEmpty { return .wrong("no options to print") }
    let isSmall =
      plan.allocator.frameCount <= Self.frameCountMax && plan.cpuCount <= 8
      && plan.pageCacheSlots <= 4096
    if !isSmall || !isBuilt { return .planned }
    if !isRun {
      Run.build(plan)
      return .built
    }
    plan.stop.operations = min(plan.stop.operations ?? 20, 20)
    plan.stop.durationNanoseconds = nil
    plan.bugs = []
    plan.checks.requiredPaths = []
    let outcome = Run.execute(plan)
    if outcome.header.verdict == .clean { return .run }
    let told = outcome.findings.map { "\($0.rule): \($0.sentence)" } + (outcome.run?.stuck ?? [])
    return .wrong("the run broke a rule: " + told.joined(separator: "; "))
  }
}

extension Fuzzer {
  /// Words of the three formats.
  private static let words = [
    "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "/*", "*/", "//", "\\u", "\\x", "0x", "e+", "-",
    "\r", "\n", "\t", " ", "{a:[", "[[", "cpus: ", "memory: ", "64MiB", "5s", "zoneinfo: ",
    "machine: {", "workloads: [", "null", "true", "NaN", "Infinity", "kind: 'slab'",
    "Node 0, zone ", "Node 3, zone   Normal\n", "  pages free ", "cpu: ", "count: ", "high: ",
    "managed  ", "spanned  ", "present ", "start_pfn: ", "protection: (", "nr_free_pages ",
    "Page block order: 9\nPages per block: 512\n", "Number of blocks type ", "type Movable ",
    "pfn=", "order=", "[001] ", "CPU:1 [LOST 12 EVENTS]\n", "migratetype=", "gfp_flags=",
    "percpu_refill=1", "mm_page_alloc: ", "mm_page_free: ", "mm_page_free_batched: ", "d.s1.",
  ].map { Array($0.utf8) }

  private func damage(_ donors: [[UInt8]]) -> Damage {
    Damage(donors: donors, words: Self.words)
  }

  private func config(_ stream: inout RandomStream) -> FuzzInput {
    let damage = damage(samples.configs)
    var input = FuzzInput(config: samples.configs[stream.below(samples.configs.count)])
    if stream.chance(1, in: 4) {
      let settings = ["machine.cpus=4", "workloads[0].kind=slab", "stop={duration:'1s'}", "seed=7"]
      let setting = Array(settings[stream.below(settings.count)].utf8)
      let text = damage.apply(to: setting, &stream)
      input.settings = [String(decoding: text.prefix(400), as: UTF8.self)]
      if stream.chance(1, in: 2) { return input }
    }
    input.config = damage.apply(to: input.config, &stream)
    return input
  }

  private func machine(_ stream: inout RandomStream) -> FuzzInput {
    var files = samples.machines[stream.below(samples.machines.count)]
    // Now and then a file is missing, or is that of another machine.
    if stream.chance(1, in: 4) { files.remove(at: stream.below(files.count)) }
    if stream.chance(1, in: 16) {
      let other = samples.machines[stream.below(samples.machines.count)]
      for index in files.indices where stream.chance(1, in: 2) {
        files[index] = other.first { $0.name == files[index].name } ?? files[index]
      }
    }
    let damage = damage(samples.machines.flatMap { $0.map(\.bytes) })
    for index in files.indices where stream.chance(1, in: files.count) {
      files[index].bytes = damage.apply(to: files[index].bytes, &stream)
    }
    return Self.machine(files)
  }

  private func trace(_ stream: inout RandomStream) -> FuzzInput {
    let place = stream.below(samples.traces.count)
    let lines = lines[place]
    let first = stream.below(lines.count)
    let some = lines[first...].prefix(1 + stream.below(60))
    let text = damage(samples.traces).apply(to: Array(some.joined(separator: [0x0A])), &stream)
    let machine = samples.machines[place]
    let files = machine.filter { $0.name == "zoneinfo" || stream.chance(1, in: 4) }
    return Self.trace(text, files, decayPhase: stream.below(3) == 0 ? "0" : "'100ms'")
  }

  private static func machine(_ files: [(name: String, bytes: [UInt8])]) -> FuzzInput {
    let names = files.map { "\($0.name): '\($0.name)'" }.joined(separator: ", ")
    let text = "{ machine: { \(names) }, workloads: [{ kind: 'slab' }], stop: { operations: 9 } }"
    return FuzzInput(config: Array(text.utf8), files: files)
  }

  private static func trace(
    _ trace: [UInt8], _ machine: [(name: String, bytes: [UInt8])], decayPhase: String
  ) -> FuzzInput {
    let names = machine.map { "\($0.name): '\($0.name)'" }.joined(separator: ", ")
    let text = "{ machine: { \(names) }, trace: { file: 'trace', decayPhase: \(decayPhase) } }"
    return FuzzInput(config: Array(text.utf8), files: machine + [("trace", trace)])
  }

  /// The last samples but `skipped` as they are, without damage.
  func sound(skipping skipped: Int = 0) -> FuzzInput {
    let last = samples.machines.count - 1 - skipped
    switch reader {
    case .config: return FuzzInput(config: samples.configs[samples.configs.count - 1 - skipped])
    case .zoneinfo: return Self.machine(samples.machines[last])
    case .trace:
      return Self.trace(samples.traces[last], samples.machines[last], decayPhase: "'100ms'")
    }
  }
}
