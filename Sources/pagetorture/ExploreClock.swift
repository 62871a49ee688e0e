// The time of an exploration, and its line on the terminal, once a second.

import Exploration
import Outcomes
import Reports
import Synchronization

/// Tells threads when the time is up, and people how far the search is.
final class ExploreClock: Sendable {
  private struct State {
    var nextSeconds = 1.0
    var isDrawn = false
    var end: ContinuousClock.Instant?
  }

  private let start = ContinuousClock.now
  private let nanoseconds: UInt64
  private let isShown: Bool
  private let state = Mutex(State())

  /// A clock that starts now.
  ///
  /// - Parameter nanoseconds: how long the search may take.
  init(nanoseconds: UInt64, isShown: Bool) {
    self.nanoseconds = nanoseconds
    self.isShown = isShown && StandardStreams.standardErrorIsTerminal
  }

  /// True once the time is up.
  var isOver: Bool { elapsed(until: .now) * 1e9 >= Double(nanoseconds) }

  /// Wall time of the search, without what came after its first finding.
  var searchNanoseconds: UInt64 {
    UInt64(elapsed(until: state.withLock { $0.end } ?? .now) * 1e9)
  }

  /// Draws the line if a second has passed since the last time.
  func update(_ campaign: CampaignOutcome) {
    let seconds = elapsed(until: .now)
    guard isShown else { return }
    state.withLock { state in
      if seconds < state.nextSeconds { return }
      state.nextSeconds = seconds + 1
      state.isDrawn = true
      var soFar = Outcome(.exploration(ExplorationBody(threads: 1, CampaignFigures(campaign))))
      soFar.header.elapsedNanoseconds = UInt64(seconds * 1e9)
      StandardStreams.writeError("\r\u{1B}[K" + ExplorationReport.progress(soFar))
    }
  }

  /// The search has ended; says what comes now.
  func note(_ text: String) {
    state.withLock { state in
      state.end = .now
      if !isShown { return }
      state.isDrawn = true
      StandardStreams.writeError("\r\u{1B}[K" + text)
    }
  }

  /// Takes the line away.
  func clear() {
    state.withLock { state in
      if state.end == nil { state.end = .now }
      if state.isDrawn { StandardStreams.writeError("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  private func elapsed(until end: ContinuousClock.Instant) -> Double {
    let time = (end - start).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
  }
}
