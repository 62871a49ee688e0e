// The package as text: the files that the tidy tests read.

import Foundation
import Testing

/// One text file of the package.
struct SourceFile {
  /// Relative to the package: `Sources/Machine/CPU.swift`.
  let path: String
  /// Its lines, without their ends; a last empty line is none.
  let lines: [String]

  /// `CPU.swift`.
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// `Sources/Machine`, or the whole folder for a file in neither Sources nor Tests.
  var target: String { path.split(separator: "/").prefix(2).joined(separator: "/") }
  /// All of it.
  var text: String { lines.joined(separator: "\n") }

  /// What is code on each line, with its number: comments are cut off, and lines that are none left
  /// out. A `//` within a string counts as a comment; no rule needs what is behind it.
  var code: [(number: Int, text: String)] {
    lines.enumerated().compactMap { index, line in
      let code = line.components(separatedBy: "//")[0]
      return code.allSatisfy(\.isWhitespace) ? nil : (index + 1, code)
    }
  }

  /// The lines of code that match, each as `path:line: code`.
  func places(matching pattern: String) -> [String] {
    code.filter { $0.text.range(of: pattern, options: .regularExpression) != nil }
      .map { "\(path):\($0.number): \($0.text.trimmingCharacters(in: .whitespaces))" }
  }
}

/// The package that these tests belong to.
enum SourceTree {
  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files below a folder whose names have this ending, in a fixed order.
  static func files(_ folder: String, _ ending: String = ".swift") throws -> [SourceFile] {
    let names = try FileManager.default.subpathsOfDirectory(
      atPath: root.appendingPathComponent(folder).path)
    return try names.filter { $0.hasSuffix(ending) }.sorted().map { try file("\(folder)/\($0)") }
  }

  /// One file.
  static func file(_ path: String) throws -> SourceFile {
    let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    var lines = text.components(separatedBy: "\n")
    if lines.last == "" { lines.removeLast() }
    return SourceFile(path: path, lines: lines)
  }

  /// All Swift files, those of tests included.
  static func swiftFiles() throws -> [SourceFile] {
    let files = try files("Sources") + files("Tests") + [file("Package.swift")]
    try #require(files.count > 100, "the sources lie where these tests look for them")
    return files
  }

  /// The files of the targets whose behaviour a seed alone decides.
  static func deterministicFiles() throws -> [SourceFile] {
    let targets = [
      "Machine", "MachineChecks", "PageAllocator", "Workloads", "Checker", "Exploration", "Harness",
      "JSON5", "Recordings", "Outcomes", "Arguments",
    ]
    return try targets.flatMap { try files("Sources/\($0)") }
      .filter { !$0.path.hasPrefix("Sources/Machine/Native/") }
  }
}
