// What the tests of configs and runs share: plans from texts, files of the package, outcomes.

import Foundation
import JSON5
import Outcomes
import Testing

@testable import Harness

/// Files of the package, wherever the tests are run.
enum PackageFile {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of an excerpt of a recording.
  static func fixture(_ name: String) -> String {
    root.appendingPathComponent("Tests/RecordingsTests/Fixtures/\(name)").path
  }

  /// The configs, by path within the package.
  static func configs() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("configs").path)
    return names.filter { $0.hasSuffix(".json5") }.sorted().map { "configs/\($0)" }
  }

  /// The bytes of a file of the package.
  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
  }

  /// The bytes of a file that a config names.
  static func read(_ name: String) throws(NamedFileError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: name)))
    } catch {
      throw NamedFileError("it cannot be opened")
    }
  }

  /// Runs `body` with the path of a file that holds `text` and is gone afterwards.
  static func withText<Result>(
    _ text: some Sequence<UInt8>, _ body: (String) throws -> Result
  ) throws -> Result {
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("pagetorture-\(UUID().uuidString).ftrace")
    try Data(text).write(to: place)
    defer { try? FileManager.default.removeItem(at: place) }
    return try body(place.path)
  }
}

/// The plan of a config's text.
func plan(
  _ text: String, settings: [String] = [], seed: UInt64? = nil, bugs: [String] = [],
  file: String = "configs/x.json5"
) throws(ConfigurationError) -> RunPlan {
  try ConfigurationLoader.load(
    file: file, text: Array(text.utf8), settings: settings, seed: seed, drawnSeed: 7, bugs: bugs,
    files: PackageFile.read)
}

/// What is said of a config that is wrong; a plan that can be made is an issue.
func complaint(
  _ text: String, settings: [String] = [], bugs: [String] = [],
  at location: Testing.SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try plan(text, settings: settings, bugs: bugs)
    Issue.record("nothing was found wrong", sourceLocation: location)
    return ""
  } catch {
    return error.description
  }
}

extension Outcome {
  /// The body of a run.
  var ran: RunBody {
    if let run { return run }
    Issue.record("an outcome of another kind")
    return RunBody()
  }

  /// How often a path was taken, or an event counted; nil if there is no such count.
  func count(_ name: String) -> UInt64? {
    (ran.paths + ran.events + ran.workloadCounts).first { $0.name == name }?.count
  }

  /// The rules that broke, each once.
  var rules: Set<String> { Set(findings.map(\.rule)) }

  /// The judges that were on.
  var judges: [String] { checks.map(\.name) }

  /// What a judge came to; nil if it was off.
  func check(_ name: String) -> CheckOutcome? { checks.first { $0.name == name } }
}
