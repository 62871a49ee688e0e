// The likely spelling of a word that is not known: used for unknown keys, for words outside an
// option's list, and by the command line for its verbs and flags.

/// Words longer than this, in Unicode scalars, get no suggestion: the table would cost more than
/// the help is worth, and the word comes from a text that may be garbage.
private let wordLengthMax = 64

/// The candidate nearest to `word`, or nil when none is near enough to be a slip of the keyboard.
///
/// Near enough is a distance of at most a third of the longer word, and at least one edit for
/// words of two characters or more. Case is ignored. Of equally near candidates the first wins.
///
/// - Parameters:
///   - word: What the user wrote.
///   - candidates: The words that are known, in the order in which ties are decided.
public func didYouMean(_ word: String, among candidates: [String]) -> String? {
  let written = Array(word.lowercased().unicodeScalars)
  guard (1...wordLengthMax).contains(written.count) else { return nil }
  var best: (candidate: String, distance: Int)?
  for candidate in candidates {
    let known = Array(candidate.lowercased().unicodeScalars)
    guard (1...wordLengthMax).contains(known.count) else { continue }
    let distance = editDistance(written, known)
    let shorter = min(written.count, known.count)
    let distanceMax = min(max(1, max(written.count, known.count) / 3), shorter - 1)
    guard distance <= distanceMax, distance < best?.distance ?? Int.max else { continue }
    best = (candidate, distance)
  }
  return best?.candidate
}

/// The hint `did you mean "x"?`, or an empty string when nothing is near.
func didYouMeanHint(_ word: String, among candidates: [String]) -> String {
  guard let near = didYouMean(word, among: candidates) else { return "" }
  return "did you mean \(JSON5Writer.quoted(near))?"
}

/// The least number of insertions, deletions, replacements and swaps of two neighbours that turn
/// `a` into `b`, where no stretch is edited twice (the optimal string alignment distance).
func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in b.indices {
      let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
      var least = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        least = min(least, beforeLast[j - 1] + 1)
      }
      row.append(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
