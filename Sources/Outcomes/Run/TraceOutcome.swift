// A replayed recording: kernel and model side by side.

/// A replayed recording.
public struct TraceOutcome: Sendable, Codable, Equatable {
  /// Where it came from.
  public var file: String
  /// Operations replayed, and those of the recording that could not be.
  public var replayed: UInt64
  public var skipped: UInt64
  /// What was wrong with the input, a line each.
  public var remarks: [String]
  /// What was computed of the machine, beside the kernel's numbers.
  public var machine: [MachineComparisonRow]
  /// What model and kernel did, by zone.
  public var zones: [TraceZoneOutcome]

  /// A replay's result.
  public init(
    file: String, replayed: UInt64, skipped: UInt64, remarks: [String],
    machine: [MachineComparisonRow], zones: [TraceZoneOutcome]
  ) {
    self.file = file
    self.replayed = replayed
    self.skipped = skipped
    self.remarks = remarks
    self.machine = machine
    self.zones = zones
  }

  /// Pages taken and drained that model and kernel differ by, in all zones.
  public var pagesApart: Int {
    zones.reduce(0) {
      $0 + abs($1.takenModel - $1.takenKernel) + abs($1.drainedModel - $1.drainedKernel)
    }
  }
}

/// Model and kernel side by side in one zone, in pages; fallbacks in events.
public struct TraceZoneOutcome: Sendable, Codable, Equatable {
  /// Node and zone: `0 Normal`.
  public var zone: String
  public var takenKernel: Int
  public var takenModel: Int
  public var drainedKernel: Int
  public var drainedModel: Int
  public var fallbacksKernel: Int
  public var fallbacksModel: Int

  /// A zone's result.
  public init(
    zone: String, takenKernel: Int, takenModel: Int, drainedKernel: Int, drainedModel: Int,
    fallbacksKernel: Int, fallbacksModel: Int
  ) {
    self.zone = zone
    self.takenKernel = takenKernel
    self.takenModel = takenModel
    self.drainedKernel = drainedKernel
    self.drainedModel = drainedModel
    self.fallbacksKernel = fallbacksKernel
    self.fallbacksModel = fallbacksModel
  }
}

/// One number that the model computed for a zone, beside the kernel's.
public struct MachineComparisonRow: Sendable, Codable, Equatable {
  /// Node and zone: `0 Normal`.
  public var zone: String
  /// The number's name in /proc/zoneinfo.
  public var name: String
  /// What the kernel had.
  public var kernel: Int
  /// What the model computed.
  public var model: Int

  /// One row.
  public init(zone: String, name: String, kernel: Int, model: Int) {
    self.zone = zone
    self.name = name
    self.kernel = kernel
    self.model = model
  }
}
