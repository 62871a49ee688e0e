// Notices CPUs that no longer get on.

/// Remembers, for each CPU, when it last made progress.
struct ProgressWatch {
  private var seen: [UInt64]
  private var since: [UInt64]

  init(cpuCount: Int) {
    seen = [UInt64](repeating: 0, count: cpuCount)
    since = [UInt64](repeating: 0, count: cpuCount)
  }

  /// Nanoseconds at time `now` since a CPU was last seen to move.
  func silence(_ id: Int, _ now: UInt64) -> UInt64 { now - min(since[id], now) }

  /// The CPUs that have neither ended nor moved for `limit` nanoseconds at time `now`.
  mutating func stuck(
    progress: (Int) -> UInt64, ended: (Int) -> Bool, _ now: UInt64, _ limit: UInt64
  ) -> [Int] {
    var idle: [Int] = []
    for id in seen.indices {
      let value = progress(id)
      if ended(id) || value != seen[id] {
        seen[id] = value
        since[id] = now
      } else if now - since[id] >= limit {
        idle.append(id)
      }
    }
    return idle
  }
}
