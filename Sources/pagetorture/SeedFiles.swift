// Seed files on the command line: files, and directories of some.

import Arguments
import Exploration
import Foundation
import Harness
import JSON5

/// Finds and reads seed files.
enum SeedFiles {
  /// How their names end.
  static let ending = ".seed.json"

  /// The files that the words name, those of directories by name.
  static func paths(_ words: [String]) throws -> [String] {
    var paths: [String] = []
    for word in words {
      var isDirectory: ObjCBool = false
      let exists = unsafe FileManager.default.fileExists(
        atPath: word, isDirectory: &isDirectory)
      if !exists || !isDirectory.boolValue {
        paths.append(word)
        continue
      }
      let found = try FileManager.default.contentsOfDirectory(atPath: word)
        .filter { $0.hasSuffix(ending) }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if found.isEmpty {
        throw ArgumentError("the directory \(word) has no file that ends with \(ending)")
      }
      paths += found.map { word.hasSuffix("/") ? word + $0 : "\(word)/\($0)" }
    }
    return paths
  }

  /// The seed file at a path.
  static func read(_ path: String) throws -> SeedFile {
    try SeedFileReader.read(InputFile.read(path), name: path)
  }

  /// What went wrong, as compilers write it where there is a place.
  static func text(_ error: any Error) -> String {
    error is ConfigurationError ? "\(error)" : "pagetorture: \(error)"
  }
}
