// Shrinks a schedule to one that shows the same finding and is as simple as can be.
//
// Four passes, again and again until none of them gains: deviations are left out (in halves, then
// quarters ... then one by one), the program is made smaller, what deviations are left are moved
// and merged, and schedules of fewer deviations are drawn.  Any set of deviations is a schedule, so
// that nothing tried is ever wrong: it shows the finding or it does not.

import Machine

/// A schedule that was shrunk.
public struct ShrunkSchedule<Subject: ShrinkSubject> {
  /// The program, made smaller where that kept the finding.
  public var subject: Subject
  /// Its schedule.
  public var schedule: ReplayedSchedule
  /// True if the finding is lost as soon as any one deviation is left out; false if the budget
  /// ended before that was known.
  public var isMinimal: Bool
  /// Schedules run.
  public var replays: Int
  /// Other findings met on the way, each signature once, with the first schedule that showed it.
  public var others: [(signature: String, subject: Subject, script: ReplayScript)]
}

/// Shrinks one schedule.
public struct Shrinker<Subject: ShrinkSubject> {
  /// Other findings that are kept.
  public static var othersMax: Int { 16 }

  private let signature: String
  let replaysMax: Int
  var subject: Subject
  var best: ReplayedSchedule
  /// For the schedules that are drawn.
  var stream = RandomStream(seed: 0x5eed)
  private(set) var replays = 0
  /// True once a schedule was not tried because the budget was used up.
  private(set) var isCutShort = false
  private var others: [(signature: String, subject: Subject, script: ReplayScript)] = []

  /// Shrinks the schedule of some deviations; nil if two replays do not both show the finding, or
  /// are not the same.
  ///
  /// - Parameters:
  ///   - signature: of the finding that must stay.
  ///   - replaysMax: Schedules that may be run in all, at least 2.
  public static func shrink(
    _ subject: Subject, _ deviations: [Deviation], showing signature: String,
    replaysMax: Int = 5_000
  ) -> ShrunkSchedule<Subject>? {
    let first = subject.replay(deviations)
    if !first.shows(signature) || subject.replay(deviations) != first { return nil }
    var shrinker = Shrinker(signature, replaysMax, subject, first)
    shrinker.replays = 2
    return shrinker.run()
  }

  private init(
    _ signature: String, _ replaysMax: Int, _ subject: Subject, _ best: ReplayedSchedule
  ) {
    self.signature = signature
    self.replaysMax = replaysMax
    self.subject = subject
    self.best = best
  }

  private mutating func run() -> ShrunkSchedule<Subject> {
    var isMinimal = leaveOut()
    while !isCutShort {
      let isSmaller = makeSmaller()
      let isSimpler = move()
      if !isSmaller && !isSimpler && !draw() { break }
      isMinimal = leaveOut()
    }
    return ShrunkSchedule(
      subject: subject, schedule: best, isMinimal: isMinimal, replays: replays, others: others)
  }

  var deviations: [Deviation] { best.script.deviations }

  /// Runs a schedule of a subject; nil if the budget is used up or it does not show the finding.
  mutating func tried(_ subject: Subject, _ deviations: [Deviation]) -> ReplayedSchedule? {
    if replays >= replaysMax {
      isCutShort = true
      return nil
    }
    replays += 1
    let done = subject.replay(deviations)
    if done.shows(signature) { return done }
    for finding in done.findings where others.count < Self.othersMax {
      if others.contains(where: { $0.signature == finding.signature }) { continue }
      others.append((finding.signature, subject, done.script))
    }
    return nil
  }

  /// Leaves deviations out, in ever shorter runs, as long as the finding stays; true if then each
  /// that is left was tried alone and is needed.
  private mutating func leaveOut() -> Bool {
    var size = max(deviations.count / 2, 1)
    while !isCutShort {
      let hasGained = leaveOut(runsOf: size)
      if size == 1 && !hasGained { break }
      size = max(size / 2, 1)
    }
    return !isCutShort
  }

  /// From the end: what comes late is needed least, and moves nothing before it.
  private mutating func leaveOut(runsOf size: Int) -> Bool {
    var hasGained = false
    var end = deviations.count
    while end > 0 && !isCutShort {
      let start = max(end - size, 0)
      var fewer = deviations
      fewer.removeSubrange(start..<end)
      if let done = tried(subject, fewer) {
        best = done
        hasGained = true
      }
      end = min(start, deviations.count)
    }
    return hasGained
  }

  /// Takes the first smaller program that still shows the finding, as often as there is one.
  private mutating func makeSmaller() -> Bool {
    var hasGained = false
    var goesOn = true
    while goesOn && !isCutShort {
      goesOn = false
      for smaller in subject.smaller() {
        guard let done = shown(by: smaller) else { continue }
        subject = smaller
        best = done
        hasGained = true
        goesOn = true
        break
      }
    }
    return hasGained
  }

  /// The same finding in a smaller program: by the same deviations, else by a short search.
  private mutating func shown(by smaller: Subject) -> ReplayedSchedule? {
    if let done = tried(smaller, smaller.adapt(deviations, from: subject)) { return done }
    let room = min((replaysMax - replays) / 4, 200)
    if room < 2 { return nil }
    replays += room - 1
    guard let found = smaller.search(for: signature, replays: room - 1) else { return nil }
    return tried(smaller, found)
  }
}
