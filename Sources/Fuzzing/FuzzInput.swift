// One damaged input: a config, and the files that it names.

import Harness
import JSON5

/// The readers that are fed with damaged input.
public enum FuzzReader: String, CaseIterable, Sendable {
  /// Configs, and settings of the command line.
  case config
  /// /proc/zoneinfo, alone or with buddyinfo and pagetypeinfo.
  case zoneinfo
  /// Recordings of a kernel.
  case trace
}

/// Everything that one load of a config reads.
public struct FuzzInput: Equatable, Sendable {
  /// The config's text.
  public var config: [UInt8]
  /// `path=value` of each setting.
  public var settings: [String] = []
  /// The files by name; others do not exist.
  public var files: [(name: String, bytes: [UInt8])] = []

  public static func == (left: FuzzInput, right: FuzzInput) -> Bool {
    left.config == right.config && left.settings == right.settings
      && left.files.map(\.name) == right.files.map(\.name)
      && left.files.map(\.bytes) == right.files.map(\.bytes)
  }

  /// What the loader makes of it.
  func load() throws(ConfigurationError) -> RunPlan {
    try ConfigurationLoader.load(
      file: "damaged.json5", text: config, settings: settings, seed: nil, drawnSeed: 1, bugs: []
    ) { (name) throws(NamedFileError) in
      guard let file = files.first(where: { $0.name == name }) else {
        throw NamedFileError("there is none of this name")
      }
      return file.bytes
    }
  }
}

/// Sound texts that inputs are made from by damage.
public struct FuzzSamples: Sendable {
  /// Configs.
  public var configs: [[UInt8]]
  /// Files of /proc that belong together, by key of the config's section `machine`.
  public var machines: [[(name: String, bytes: [UInt8])]]
  /// Recordings, each of the machine at the same place in `machines`.
  public var traces: [[UInt8]]

  /// Samples; at least one config.
  public init(
    configs: [[UInt8]], machines: [[(name: String, bytes: [UInt8])]], traces: [[UInt8]]
  ) {
    precondition(!configs.isEmpty, "there is something to damage")
    precondition(machines.count == traces.count, "each recording is of a machine")
    self.configs = configs
    self.machines = machines
    self.traces = traces
  }
}
