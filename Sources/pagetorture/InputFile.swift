// A config, or a file that one names, read whole.

import Foundation
import Harness
import JSON5

/// Why a config cannot be read.
struct InputFileError: Error, CustomStringConvertible {
  /// What is wrong, in one line.
  let description: String
}

/// Reads configs and what they name.
enum InputFile {
  /// Bytes that a config may have: a thousand times what the longest has.
  static let bytesMax = 16 << 20

  /// The file's bytes. It may be a pipe, but not standard input, which is for traces.
  static func read(_ path: String) throws(InputFileError) -> [UInt8] {
    let quoted = JSON5Writer.quoted(path)
    guard path != "-" else {
      throw InputFileError(description: "a config cannot come from standard input; name a file")
    }
    do {
      let file = try FileDescriptor.open(path, O_RDONLY)
      defer { try? file.close() }
      guard try file.kind() != S_IFDIR else {
        throw InputFileError(description: "\(quoted) is a directory, not a file")
      }
      guard let bytes = try file.readAll(bytesMax: bytesMax) else {
        throw InputFileError(
          description: "\(quoted) has more than \(bytesMax >> 20) MiB; that is no config")
      }
      return bytes
    } catch let error as InputFileError {
      throw error
    } catch let error as SystemError {
      let hint = error.code == ENOENT ? nearConfig(path) : ""
      throw InputFileError(description: "cannot read \(quoted): \(error)\(hint)")
    } catch {
      throw InputFileError(description: "cannot read \(quoted): \(error)")
    }
  }

  /// Bytes that a file named in a config may have: recordings are long, and held whole.
  static let namedBytesMax = 4 << 30

  /// The bytes of a file that a config names, or of standard input for `-`.
  static func readNamed(_ name: String) throws(NamedFileError) -> [UInt8] {
    do throws(SystemError) {
      let isInput = name == "-"
      let file = isInput ? FileDescriptor(number: STDIN_FILENO) : try .open(name, O_RDONLY)
      defer { if !isInput { try? file.close() } }
      if let bytes = try file.readAll(bytesMax: namedBytesMax) { return bytes }
      throw SystemError(code: EFBIG)
    } catch {
      throw NamedFileError(
        error.code == EFBIG
          ? "it has more than \(namedBytesMax >> 30) GiB" : error.description)
    }
  }

  /// A likely config for a path that does not exist, whether or not the directory was named.
  private static func nearConfig(_ path: String) -> String {
    guard let files = try? ConfigFiles.paths() else { return "" }
    let names = files.map { ConfigFiles.name($0) }
    if let index = names.firstIndex(of: path) { return "; did you mean \(files[index])?" }
    if let near = didYouMean(path, among: files) { return "; did you mean \(near)?" }
    guard let near = didYouMean(path, among: names), let index = names.firstIndex(of: near)
    else { return "" }
    return "; did you mean \(files[index])?"
  }
}
