// The configs in the directory `configs` below the current one.

import Foundation

/// A config that can be run, as `list configs` shows it.
struct ListedConfig: Encodable {
  /// The file's name without its ending.
  let name: String
  /// The path to give to `run`.
  let file: String
  /// The first line of its first comment; empty if there is none.
  let summary: String
}

/// Finds configs.
enum ConfigFiles {
  /// Where they are looked for.
  static let directory = "configs"
  /// How their names end.
  static let ending = ".json5"

  /// The paths of all configs, by name.
  static func paths() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { "\(directory)/\($0)" }
  }

  /// The config's name: `page-pool` for `configs/page-pool.json5`.
  static func name(_ path: String) -> String {
    String((path.split(separator: "/").last ?? "").dropLast(ending.count))
  }

  /// All configs with what their first comment says.
  static func all() throws -> [ListedConfig] {
    try paths().map { path in
      let summary: String
      do {
        summary = firstComment(String(decoding: try InputFile.read(path), as: UTF8.self))
      } catch {
        summary = "(\(error))"
      }
      return ListedConfig(name: name(path), file: path, summary: summary)
    }
  }

  /// The first line with words of a comment at the start of the text.
  static func firstComment(_ text: String) -> String {
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      let isComment = ["//", "/*", "*"].contains { line.hasPrefix($0) }
      guard line.isEmpty || isComment else { return "" }
      let words = line.trimmingCharacters(in: CharacterSet(charactersIn: "/* \t"))
      if !words.isEmpty { return words }
    }
    return ""
  }
}
