// Files that a config names.  Whoever loads a config says how they are read: from a disk, or, in
// tests, from memory.

/// Gives the bytes of the file of a name, or of standard input for `-`.
public typealias NamedFileReader = (_ name: String) throws(NamedFileError) -> [UInt8]

/// Why a file that a config names cannot be read.
public struct NamedFileError: Error, Sendable {
  /// The reason alone, such as `no such file or directory`.
  public let reason: String

  /// An error with this reason.
  public init(_ reason: String) { self.reason = reason }
}

/// Reads them.
public enum NamedFile {
  /// The bytes of a file; an error at the key that names it.
  public static func read(
    _ name: String, for key: String, in object: ConfigurationObject, _ reader: NamedFileReader
  ) throws(ConfigurationError) -> [UInt8] {
    do throws(NamedFileError) {
      return try reader(name)
    } catch {
      throw object.error(
        key, "cannot read \(JSON5Writer.quoted(name)): \(error.reason)",
        hint: "name a readable file, as seen from the current directory")
    }
  }
}
