// The passes of the shrinker that change deviations instead of leaving them out.

import Machine

extension Shrinker {
  /// Schedules drawn in a row without gain, at most.
  private static var drawsMax: Int { 600 }
  /// Deviations that are moved, at most.
  private static var movesMax: Int { 24 }
  /// Other schedules that are shrunk in a row without gain, at most.
  private static var startsMax: Int { 40 }

  /// Changes the deviations that are left wherever that makes the schedule simpler.
  mutating func move() -> Bool {
    var hasGained = false
    var goesOn = true
    while goesOn && !isCutShort {
      goesOn = false
      for candidate in candidates() where take(candidate) {
        goesOn = true
        hasGained = true
        break
      }
    }
    return hasGained
  }

  /// Takes other deviations if the finding stays and the schedule gets simpler.
  private mutating func take(_ other: [Deviation]) -> Bool {
    if other == deviations { return false }
    guard let done = tried(subject, other) else { return false }
    if !isSimpler(done, than: best) { return false }
    best = done
    return true
  }

  private func isSimpler(_ one: ReplayedSchedule, than other: ReplayedSchedule) -> Bool {
    let (operations, cpus) = (subject.operations, subject.cpus)
    return ScheduleCost(one, operations: operations, cpus: cpus)
      < ScheduleCost(other, operations: operations, cpus: cpus)
  }

  /// Deviations near those of the best schedule, the boldest changes first.
  private func candidates() -> [[Deviation]] {
    var all = renamed() + merged()
    // Of many, each would be tried in vain: others stand in its way.
    if deviations.count > Self.movesMax { return all }
    for index in deviations.indices {
      for place in places(for: deviations[index]) {
        var moved = deviations
        moved[index] = place
        all.append(moved)
      }
    }
    return all
  }

  /// Two CPUs change their parts.
  private func renamed() -> [[Deviation]] {
    var all: [[Deviation]] = []
    let count = best.pointsOfCPUs.count
    for one in 0..<count {
      for other in (one + 1)..<max(count, one + 1) {
        func name(_ cpu: Int) -> Int { cpu == one ? other : cpu == other ? one : cpu }
        all.append(
          deviations.map { deviation in
            var renamed = deviation
            renamed.cpu = name(deviation.cpu)
            renamed.target = name(deviation.target)
            return renamed
          })
      }
    }
    return all
  }

  /// One deviation takes the place of two: the place of one, the choice of the other.
  private func merged() -> [[Deviation]] {
    // Of many, only neighbours.
    let reach = deviations.count > 12 ? 1 : deviations.count
    var all: [[Deviation]] = []
    for first in deviations.indices {
      for second in (first + 1)..<max(min(first + reach + 1, deviations.count), first + 1) {
        for (place, choice) in [(first, second), (second, first)] {
          var fewer = deviations
          fewer[place] = Deviation(
            cpu: deviations[place].cpu, point: deviations[place].point,
            to: deviations[choice].choice)
          fewer.remove(at: choice)
          all.append(fewer)
        }
      }
    }
    return all
  }

  /// Where else a deviation could be: at the start, earlier and later on its CPU; to a lower CPU.
  private func places(for deviation: Deviation) -> [Deviation] {
    var places: [Deviation] = []
    if deviation.cpu >= 0 {
      places.append(Deviation(cpu: -1, point: 0, to: deviation.choice))
    }
    for distance in [64, 16, 4, 2, 1] where deviation.cpu >= 0 {
      for point in [deviation.point - distance, deviation.point + distance] where point >= 0 {
        places.append(Deviation(cpu: deviation.cpu, point: point, to: deviation.choice))
      }
    }
    for target in 0..<max(deviation.target, 0) {
      var moved = deviation
      moved.target = target
      places.append(moved)
    }
    return places
  }

  /// Draws schedules of one deviation, of two ... up to one less than the best has: what is left
  /// may be needed where it stands, although quite another schedule shows the same more simply.
  mutating func draw() -> Bool {
    let count = deviations.count
    if count < 2 { return false }
    let sources = interrupts()
    for fewer in 1..<min(count, 4) {
      let tries = min(Self.drawsMax, (replaysMax - replays) / 4)
      for _ in 0..<tries where !isCutShort {
        let drawn = (0..<fewer).map { _ in drawDeviation(sources) }
        if take(drawn) { return true }
      }
    }
    return false
  }

  /// Looks for quite other schedules of the program that show the finding, and leaves out of each
  /// what it can do without: where one schedule is stuck with what it did early on, another is not.
  mutating func startAnew() -> Bool {
    for _ in 0..<Self.startsMax {
      // What is found must be shrunk to its end, too.
      if deviations.count < 2 || isCutShort || replays > replaysMax * 3 / 4 { return false }
      let kept = best
      guard let found = searched(subject) else { continue }
      best = found
      tryLeavingOut()
      if isSimpler(best, than: kept) { return true }
      best = kept
    }
    return false
  }

  /// The interrupts of the best schedule, each once.
  private func interrupts() -> [InterruptSource] {
    InterruptSource.allCases.filter { source in
      deviations.contains { $0.interrupt == source }
    }
  }

  private mutating func drawDeviation(_ sources: [InterruptSource]) -> Deviation {
    let cpus = best.pointsOfCPUs.indices.filter { best.pointsOfCPUs[$0] > 0 }
    if cpus.isEmpty { return Deviation(cpu: -1, point: 0, to: ScheduleChoice(cpu: 0)) }
    let cpu = cpus[stream.below(cpus.count)]
    let point = stream.below(best.pointsOfCPUs[cpu] + 1)
    let kind = stream.below(sources.count + 1)
    if kind < sources.count {
      return Deviation(cpu: cpu, point: point, to: ScheduleChoice(sources[kind], to: cpu))
    }
    let target = cpus[stream.below(cpus.count)]
    return Deviation(cpu: cpu, point: point, to: ScheduleChoice(cpu: target))
  }
}
