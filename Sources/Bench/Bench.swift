// Measures the model against the C reference: in one process, one after the other, again and again,
// so that whatever else the machine does hits both alike.

import Machine
import PageAllocator

/// A bench.
public enum Bench {
  /// Measures everything that is asked for.
  ///
  /// - Parameter report: called with each case as it is done.
  ///
  /// From any thread; threads of its own do the work, and it returns when they are done.
  public static func run(
    _ options: BenchOptions, _ report: (BenchCase) -> Void
  ) throws(BenchError) {
    for pattern in options.patterns {
      for threads in options.threads {
        report(try measure(pattern, threads: threads, options))
      }
    }
  }

  /// Measures one pattern with one number of threads.
  public static func measure(
    _ pattern: BenchPattern, threads: Int, _ options: BenchOptions
  ) throws(BenchError) -> BenchCase {
    let cpus = pattern.cpuCount(threads: threads)
    let blocks = BenchLane<ModelSide>.mixedBlocks(frames: options.frames, lanes: threads)
    let slots = max(options.sizes.held, blocks, BenchLane<ModelSide>.bulkSlots(options.sizes))
    let models = ModelVariant.all.filter { $0.isMeasured(pattern, cpuCount: cpus) }
    let subjects: [any BenchSubject] =
      models.map { ModelSubject($0, cpuCount: cpus, slotCount: slots, options) }
      + [try ReferenceSubject(cpuCount: cpus, slotCount: slots, options)]
    let team = BenchTeam(count: threads)
    var runs = subjects.map { _ in [[PhaseTime]]() }
    // The first run warms up.
    for run in 0...options.runs {
      for (index, subject) in subjects.enumerated() {
        let times = try time(subject, team, pattern, threads, blocks, run, options)
        if run > 0 { runs[index].append(times) }
      }
    }
    var missing = 0
    for subject in subjects {
      guard let pages = subject.missingPages() else { throw broken(subject, pattern) }
      missing += abs(pages)
    }
    let measures = zip(subjects, runs).flatMap { subject, runs in
      Self.measures(subject.name, pattern, threads, runs, options.sizes)
    }
    return BenchCase(
      pattern: pattern, threads: threads, measures: measures, missingPages: missing)
  }

  /// One run of one side.
  private static func time(
    _ subject: any BenchSubject, _ team: BenchTeam, _ pattern: BenchPattern, _ threads: Int,
    _ mixedBlocks: Int, _ run: Int, _ options: BenchOptions
  ) throws(BenchError) -> [PhaseTime] {
    let sizes = options.sizes
    var sum = pattern.phases(sizes).map { _ in PhaseTime() }
    for round in 0..<pattern.stepRounds(sizes) {
      let seed = SplitMix64.split(UInt64(run), UInt64(round))
      for step in 0..<pattern.stepCount {
        let times = team.run { lane in
          subject.perform(
            BenchTask(
              pattern: pattern, step: step, lane: lane, laneCount: threads, sizes: sizes,
              mixedBlocks: mixedBlocks, seed: SplitMix64.split(seed, UInt64(lane))))
        }
        guard let times else { throw broken(subject, pattern) }
        sum = sum.added(times)
      }
    }
    return sum
  }

  private static func broken(_ subject: any BenchSubject, _ pattern: BenchPattern) -> BenchError {
    BenchError(
      "\(subject.name) broke a rule in \(pattern.rawValue): there is nothing to measure",
      exitStatus: 1)
  }

  private static func measures(
    _ side: String, _ pattern: BenchPattern, _ threads: Int, _ runs: [[PhaseTime]],
    _ sizes: BenchSizes
  ) -> [BenchMeasure] {
    pattern.phases(sizes).enumerated().map { index, phase in
      let times = runs.map { $0[index] }
      return BenchMeasure(
        side: side, pattern: pattern, phase: phase, threads: threads,
        nanoseconds: times.map { Double($0.nanoseconds) / Double(max($0.operations, 1)) },
        operations: times.reduce(0) { $0 + $1.operations },
        failures: times.reduce(0) { $0 + $1.failures })
    }
  }
}
