// The likely spelling of an unknown word.

import Testing

@testable import JSON5

@Suite("JSON5 did you mean")
struct JSON5DidYouMeanTests {
  private static let words = ["cpus", "memory", "delivery", "duration", "seed", "speed"]

  @Test(
    "the nearest word is suggested, and none when nothing is near",
    arguments: [
      ("cpu", "cpus"), ("CPUS", "cpus"), ("mem", nil), ("memroy", "memory"), ("memorys", "memory"),
      ("dleivery", "delivery"), ("duratoin", "duration"), ("sead", "seed"), ("sped", "seed"),
      ("", nil), ("x", nil), ("zone", nil), ("workloads", nil),
      (String(repeating: "cpus", count: 50), nil),
    ] as [(String, String?)])
  func nearest(word: String, suggestion: String?) {
    #expect(didYouMean(word, among: Self.words) == suggestion)
  }

  @Test("of equally near words the first is suggested, and no words give none")
  func ties() {
    #expect(didYouMean("cat", among: ["car", "can"]) == "car")
    #expect(didYouMean("cat", among: ["can", "car"]) == "can")
    #expect(didYouMean("cat", among: []) == nil)
    #expect(didYouMean("a", among: ["b", "", "A"]) == "A")
    #expect(didYouMean("ab", among: ["xy"]) == nil)
  }

  @Test(
    "an edit is an insertion, a deletion, a replacement or a swap",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1),
      ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func distance(a: String, b: String, edits: Int) {
    #expect(editDistance(Array(a.unicodeScalars), Array(b.unicodeScalars)) == edits)
  }
}
