// A file that a run writes at its end. Whether it can be written is found out before the run
// starts; what is there stays whole until the new content is complete.
//
// Rule  A file is replaced by renaming. What is no regular file (a pipe, /dev/null) is written to
//       as it is: renaming would put a file in its place.

import Foundation
import Harness
import JSON5

/// Why a file cannot be written.
struct OutputFileError: Error, CustomStringConvertible {
  /// What is wrong, in one line.
  let description: String
}

/// A file to be written later.
struct OutputFile {
  /// As named on the command line.
  private let path: String
  /// The file that is replaced: what `path` leads to. Nil when it is written to as it is.
  private let replaced: String?

  /// Finds out whether the file can be written, without changing it.
  init(_ path: String) throws(OutputFileError) {
    self.path = path
    do throws(SystemError) {
      replaced = try OutputFile.replacedFile(path)
      guard let replaced else { return }
      // Permissions alone do not tell: only making a file shows that one can be made.
      let probe = OutputFile.neighbour(of: replaced)
      try FileDescriptor.open(probe, O_WRONLY | O_CREAT | O_EXCL).close()
      unsafe unlink(probe)
    } catch {
      throw OutputFile.failure(path, error)
    }
  }

  /// Writes the text; what was there stays if that fails.
  func write(_ text: String) throws(OutputFileError) {
    do throws(SystemError) {
      let bytes = Array(text.utf8)
      guard let replaced else {
        let file = try FileDescriptor.open(path, O_WRONLY)
        defer { try? file.close() }
        return try file.write(bytes)
      }
      try replace(replaced, with: bytes)
    } catch {
      throw OutputFile.failure(path, error)
    }
  }

  /// Writes the text to a file, or to standard error if it cannot be written where it belongs;
  /// returns the exit status.
  static func give(_ text: String, to file: @autoclosure () throws -> OutputFile) -> Int32 {
    do {
      try file().write(text)
      return 0
    } catch {
      StandardStreams.writeError(text)
      return StandardStreams.fail("pagetorture: \(error); what it should hold is above")
    }
  }

  private func replace(_ replaced: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = OutputFile.neighbour(of: replaced)
    let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
    do throws(SystemError) {
      try file.write(bytes)
      try file.flush()
      try file.close()
      guard unsafe rename(temporary, replaced) == 0 else { throw SystemError.last }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
  }

  /// The regular file behind `path`, which need not exist; nil if there is something else.
  private static func replacedFile(_ path: String) throws(SystemError) -> String? {
    var status = stat()
    if unsafe stat(path, &status) != 0 {
      guard errno == ENOENT else { throw SystemError.last }
      return path
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw SystemError(code: EISDIR)
    case S_IFREG:
      guard unsafe access(path, W_OK) == 0 else { throw SystemError.last }
      return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    default:
      guard unsafe access(path, W_OK) == 0 else { throw SystemError.last }
      return nil
    }
  }

  /// A name beside the file that nobody else uses.
  private static func neighbour(of path: String) -> String {
    "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
  }

  private static func failure(_ path: String, _ error: SystemError) -> OutputFileError {
    OutputFileError(description: "cannot write \(JSON5Writer.quoted(path)): \(error)")
  }
}
