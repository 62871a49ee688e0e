// An open file, with what `read` and `write` leave to their callers: short counts, signals, and
// descriptors that somebody else made non-blocking.

import Foundation

/// An open file; its owner closes it.
struct FileDescriptor {
  /// The system's number.
  let number: Int32

  /// Opens a file; new ones may be read by all whom the umask lets.
  static func open(_ path: String, _ flags: Int32) throws(SystemError) -> FileDescriptor {
    while true {
      let number = unsafe Foundation.open(path, flags | O_CLOEXEC, 0o666)
      if number >= 0 { return FileDescriptor(number: number) }
      if errno != EINTR { throw SystemError.last }
    }
  }

  /// Closes it; some file systems tell only now that they could not write.
  func close() throws(SystemError) {
    guard Foundation.close(number) == 0 || errno == EINTR else { throw SystemError.last }
  }

  /// Returns when what was written is on the disk; some file systems tell only now that it is full.
  func flush() throws(SystemError) {
    guard fsync(number) == 0 || errno == EINVAL || errno == ENOTSUP else { throw SystemError.last }
  }

  /// The kind of the file, one of S_IFREG, S_IFDIR, ...
  func kind() throws(SystemError) -> mode_t {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw SystemError.last }
    return status.st_mode & S_IFMT
  }

  /// Writes all bytes.
  func write(_ bytes: [UInt8]) throws(SystemError) {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes[start...].withUnsafeBytes { buffer in
        unsafe Foundation.write(number, buffer.baseAddress, buffer.count)
      }
      if count >= 0 { start += count } else { try waitAfterError(for: Int16(POLLOUT)) }
    }
  }

  /// Reads to the end; nil when there are more than `bytesMax` bytes.
  func readAll(bytesMax: Int) throws(SystemError) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Foundation.read(number, buffer.baseAddress, buffer.count)
      }
      if count == 0 { return bytes }
      if count < 0 {
        try waitAfterError(for: Int16(POLLIN))
      } else {
        bytes += chunk[..<count]
        if bytes.count > bytesMax { return nil }
      }
    }
  }

  /// Returns when the call that has just failed may be tried again; throws when it may not.
  private func waitAfterError(for events: Int16) throws(SystemError) {
    let error = SystemError.last
    switch error.code {
    case EINTR: return
    case EAGAIN:
      var request = pollfd(fd: number, events: events, revents: 0)
      _ = unsafe poll(&request, 1, 1000)
    default: throw error
    }
  }
}
