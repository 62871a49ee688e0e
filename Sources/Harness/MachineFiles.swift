// The machine that a kernel's files describe, which the section `machine` of a config names.

import JSON5
import Recordings
import Workloads

/// The files that a config names.
struct MachineFiles {
  private let section: ConfigurationObject
  private let options: MachineOptions
  private var texts: [String: [UInt8]] = [:]

  /// Reads the files.
  init(
    _ machine: ConfigurationObject, _ options: MachineOptions, _ read: NamedFileReader
  ) throws(ConfigurationError) {
    section = machine
    self.options = options
    for (key, name) in names {
      texts[key] = try NamedFile.read(name, for: key, in: machine, read)
    }
  }

  /// The files' names by key, in the order in which they are read.
  private var names: [(key: String, name: String)] {
    let all = [
      ("zoneinfo", options.zoneinfo), ("buddyinfo", options.buddyinfo),
      ("pagetypeinfo", options.pagetypeinfo),
    ]
    return all.compactMap { key, name in name.map { (key, $0) } }
  }

  /// The machine; nil if no file is named.
  func machine() throws(ConfigurationError) -> RecordedMachine? {
    guard let zoneinfo = options.zoneinfo, let text = texts["zoneinfo"] else {
      guard let stray = names.first?.key else { return nil }
      throw section.error(
        stray, "a machine is not described by \(stray) alone", hint: "set machine.zoneinfo too")
    }
    let types = try parse { () throws(TraceInputError) -> PageTypeInfo? in
      guard let name = options.pagetypeinfo, let text = texts["pagetypeinfo"] else { return nil }
      return try PageTypeInfoReader.read(text, file: name)
    }
    let recorded = try parse { () throws(TraceInputError) -> RecordedMachine in
      let zones = try ZoneInfoReader.read(text, file: zoneinfo)
      var buddies: [BuddyInfoZone]?
      if let name = options.buddyinfo, let text = texts["buddyinfo"] {
        buddies = try BuddyInfoReader.read(text, file: name)
      }
      return try RecordedMachine(
        zones, file: zoneinfo, buddyInfo: buddies, pageTypeInfo: types)
    }
    if let mismatch = recorded.mismatch {
      throw section.error(
        options.pagetypeinfo == nil ? "buddyinfo" : "pagetypeinfo",
        "\(mismatch.inBlocks) free pages in zone \(mismatch.zone), but zoneinfo says"
          + " \(mismatch.inZoneInfo)",
        hint: "files of one machine, read at the same time")
    }
    return recorded
  }

  /// What `read` gives; its error at the line of the kernel's file.
  private func parse<Value>(
    _ read: () throws(TraceInputError) -> Value
  ) throws(ConfigurationError) -> Value {
    do throws(TraceInputError) {
      return try read()
    } catch {
      switch error.problem {
      case .line(let line, let expected):
        throw ConfigurationError(
          at: SourcePosition(file: error.file, line: line, column: 1), path: "",
          message: "not what a kernel writes here", hint: "expected \(expected)")
      case .limit: throw section.error("zoneinfo", error.description)
      }
    }
  }
}
