// Shrinks a schedule to one that shows the same finding and is as simple as can be.
//
// Five passes, again and again until none of them gains: deviations are left out (in halves, then
// quarters ... then one by one), the program is made smaller, what deviations are left are moved
// and merged, schedules of fewer deviations are drawn, and others that show the finding are looked
// for and shrunk in their turn.  Any set of deviations is a schedule, so that nothing tried is ever
// wrong: it shows the finding or it does not.

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
  var best: ReplayedSchedule { didSet { hasAdapted = false } }
  /// For the schedules that are drawn.
  var stream = RandomStream(seed: 0x5eed)
  /// Schedules that one search may run.
  static var searchMax: Int { 300 }
  /// The number of the next search.
  private var round = 0
  /// True once deviations of `best` were adapted, which may take a schedule the first time.
  private var hasAdapted = false
  private(set) var replays = 0
  /// Replays up to which the pass that runs may go; `replaysMax` but for a trial.
  private var limit: Int
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
    limit = replaysMax
    self.subject = subject
    self.best = best
  }

  private mutating func run() -> ShrunkSchedule<Subject> {
    var isMinimal = leaveOut()
    while !isCutShort {
      let isSmaller = makeSmaller()
      let isSimpler = move()
      if !isSmaller && !isSimpler && !draw() && !startAnew() { break }
      isMinimal = leaveOut()
    }
    return ShrunkSchedule(
      subject: subject, schedule: best, isMinimal: isMinimal, replays: replays, others: others)
  }

  var deviations: [Deviation] { best.script.deviations }

  /// Runs a schedule of a subject; nil if the budget is used up or it does not show the finding.
  mutating func tried(_ subject: Subject, _ deviations: [Deviation]) -> ReplayedSchedule? {
    if replays >= limit {
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
  mutating func leaveOut() -> Bool {
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

  /// Takes each smaller program that still shows the finding.
  private mutating func makeSmaller() -> Bool {
    var hasGained = false
    // What was tried before a gain is not tried again until the next time round.
    var position = 0
    while !isCutShort {
      let all = subject.smaller()
      if position >= all.count { break }
      if !take(all[position]) {
        position += 1
        continue
      }
      hasGained = true
    }
    return hasGained
  }

  /// Takes a smaller program if it shows the finding: by the same deviations, else by another
  /// schedule that, once shrunk, has fewer switches, or as many and no more points.
  private mutating func take(_ smaller: Subject) -> Bool {
    if !hasAdapted { replays += 1 }
    hasAdapted = true
    if let done = tried(smaller, smaller.adapt(deviations, from: subject)) {
      (subject, best) = (smaller, done)
      return true
    }
    let kept = (subject, best)
    guard let found = searched(smaller) else { return false }
    (subject, best) = (smaller, found)
    tryLeavingOut()
    let (new, old) = (best, kept.1)
    if (new.switches, new.outcome.points) <= (old.switches, old.outcome.points) { return true }
    (subject, best) = kept
    return false
  }

  /// Leaves out what can be of a schedule that may be given up again, for a part of the budget.
  mutating func tryLeavingOut() {
    limit = min(replaysMax, replays + max(replaysMax / 16, 2))
    _ = leaveOut()
    isCutShort = replays >= replaysMax
    limit = replaysMax
  }

  /// The finding in any schedule of a program, by a short search; nil if it has none.
  mutating func searched(_ subject: Subject) -> ReplayedSchedule? {
    let room = min((replaysMax - replays) / 8, Self.searchMax)
    if room < 2 { return nil }
    let search = subject.search(for: signature, round: round, replays: room - 1)
    round += 1
    replays += search.replays
    guard let found = search.deviations else { return nil }
    return tried(subject, found)
  }
}
