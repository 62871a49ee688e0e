// One line on the terminal that tells once a second how far a run is.

import Harness
import Reports

/// The line of one run.
final class ProgressLine {
  private static let interval: UInt64 = 1_000_000_000

  private let isShown: Bool
  private var nextNanoseconds = ProgressLine.interval
  private var isDrawn = false

  /// A line; it is never drawn where nobody looks.
  ///
  /// - Parameter isShown: False for none at all.
  init(isShown: Bool) {
    self.isShown = isShown && StandardStreams.standardErrorIsTerminal
  }

  /// Draws the line if a second has passed since the last time.
  func update(_ progress: RunProgress) {
    guard isShown, progress.elapsedNanoseconds >= nextNanoseconds else { return }
    nextNanoseconds = progress.elapsedNanoseconds + ProgressLine.interval
    StandardStreams.writeError("\r\u{1B}[K" + ProgressLine.text(progress))
    isDrawn = true
  }

  /// Takes the line away.
  func clear() {
    if isDrawn { StandardStreams.writeError("\r\u{1B}[K") }
    isDrawn = false
  }

  private static func text(_ progress: RunProgress) -> String {
    let second: UInt64 = 1_000_000_000
    var parts = ["\(progress.elapsedNanoseconds / second) s"]
    if let duration = progress.durationNanoseconds { parts[0] += " of \(duration / second) s" }
    let seconds = Double(progress.elapsedNanoseconds) / Double(second)
    let rate = NumberText.rate(Double(progress.operations) / seconds).compact
    parts.append("\(NumberText.compact(progress.operations)) operations, \(rate)/s")
    return parts.joined(separator: ", ")
  }
}
