// Files that a config names.

import Foundation

enum InputFile {
  /// The bytes of a file, or of standard input for `-`; an error at the key that names it.
  static func read(
    _ name: String, for key: String, in object: ConfigurationObject
  ) throws(ConfigurationError) -> [UInt8] {
    do {
      if name == "-" { return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()) }
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: name)))
    } catch {
      throw object.error(
        key, "cannot read \"\(name)\": \(error.localizedDescription)",
        hint: "the name of a readable file, from the current directory")
    }
  }
}
