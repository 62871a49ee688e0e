// Finds the frees that one batched call made.
//
// A kernel's batched free names each page twice: first one `mm_page_free` per page, while the
// pages are prepared, then one `mm_page_free_batched` per page, while they go to the per-CPU
// lists. Blocks too large for those lists are in the first round only. An interrupt can cut in,
// so each context of each CPU is followed by itself.

/// The frees of one CPU in one context that may still turn out to be a batch.
struct TraceBatchMatcher {
  /// Frees that are remembered; a call of today's kernels makes at most 31.
  static let pendingMax = 512

  private var pending: [(pfn: UInt64, operation: Int)] = []
  private var firstMatched = 0
  private var lastMatched = 0
  private var hasMatch = false
  private var next = 0

  /// Takes note of a free, `operation` being its position in the CPU's list. Gives the batch
  /// that this free ends, as positions of its first and last free.
  mutating func free(_ pfn: UInt64, operation: Int) -> ClosedRange<Int>? {
    let ended = hasMatch ? end() : nil
    if pending.count == Self.pendingMax { pending.removeFirst(Self.pendingMax / 2) }
    pending.append((pfn, operation))
    return ended
  }

  /// Takes note that a page went to the lists batched; false if its free is not known.
  mutating func batched(_ pfn: UInt64) -> Bool {
    guard let index = index(of: pfn) else { return false }
    let operation = pending[index].operation
    firstMatched = hasMatch ? min(firstMatched, operation) : operation
    lastMatched = hasMatch ? max(lastMatched, operation) : operation
    hasMatch = true
    next = index + 1
    return true
  }

  /// Ends what is open; gives the batch, if it was one.
  mutating func end() -> ClosedRange<Int>? {
    let ended = hasMatch ? firstMatched...lastMatched : nil
    hasMatch = false
    next = 0
    pending.removeAll(keepingCapacity: true)
    return ended
  }

  /// The second round has the order of the first, so the next one mostly fits.
  private func index(of pfn: UInt64) -> Int? {
    if next < pending.count, pending[next].pfn == pfn { return next }
    return pending.lastIndex { $0.pfn == pfn }
  }
}
