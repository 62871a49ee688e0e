// The workloads that a config can name.

import Machine
import PageAllocator

/// What a parameter is in schedules, which have few operations of at most some hundred points.
public enum ScheduleValue: Sendable {
  /// What the config says.
  case same
  /// That, but at most so much.
  case atMost(Int)
  /// That, but at most the pages of a request.
  case atMostRequest
  /// That, but at least so much unless it is 0: what happens rarely is met in few operations.
  case atLeast(Int)

  /// The value for one of a config.
  func value(_ value: Int, requestPages: Int) -> Int {
    switch self {
    case .same: value
    case .atMost(let most): min(value, most)
    case .atMostRequest: min(value, requestPages)
    case .atLeast(let least): value == 0 ? 0 : max(value, least)
    }
  }
}

/// A number that a workload's entry in a config may set.
public struct WorkloadParameter: Sendable {
  /// Its key.
  public let name: String
  /// The values allowed.
  public let range: ClosedRange<Int>
  /// The value if the config does not set it.
  public let standard: Int
  /// What it means, with its unit.
  public let meaning: String
  /// What becomes of it in schedules.
  let inSchedules: ScheduleValue

  /// A parameter.
  public init(
    _ name: String, _ range: ClosedRange<Int>, standard: Int, inSchedules: ScheduleValue = .same,
    _ meaning: String
  ) {
    self.name = name
    self.range = range
    self.standard = standard
    self.meaning = meaning
    self.inSchedules = inSchedules
  }
}

/// The values of a workload's parameters, in the order of its kind.
public struct WorkloadValues: Sendable, Equatable {
  /// Names and values.
  public private(set) var values: [(name: String, value: Int)]

  /// Values in the order of the kind's parameters.
  public init(_ values: [(name: String, value: Int)]) { self.values = values }

  /// The value called `name`, which the kind must have.
  public subscript(name: String) -> Int {
    get { values[index(of: name)].value }
    set { values[index(of: name)].value = newValue }
  }

  private func index(of name: String) -> Int {
    guard let index = values.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("a workload reads only parameters that its kind declares: \(name)")
    }
    return index
  }

  public static func == (left: WorkloadValues, right: WorkloadValues) -> Bool {
    left.values.elementsEqual(right.values) { $0.name == $1.name && $0.value == $1.value }
  }
}

/// A workload that can be run.
public struct WorkloadKind: Sendable {
  /// Its name in configs.
  public let name: String
  /// network, filesystem, anonymous, kernel.
  public let family: String
  /// The function of the kernel that it behaves as.
  public let kernelCaller: String
  /// What it does, in a sentence.
  public let summary: String
  /// What can be set.
  public let parameters: [WorkloadParameter]
  /// Makes the worker of one CPU.
  public let make:
    @Sendable (WorkloadEnvironment, WorkloadValues, _ cpu: Int, _ index: Int)
      -> Workload
  /// Bytes that one worker takes in the workers' own memory.
  public var privateByteCount: @Sendable (WorkloadValues) -> Int = { _ in 0 }
  /// True for a kernel thread: it has a virtual CPU of its own, and runs until the workers ended.
  public var isKernelThread = false

  /// All kinds, by family.
  public static let all: [WorkloadKind] =
    networkKinds + filesystemKinds + anonymousMemoryKinds + kernelKinds

  /// The values that a config's become in schedules, whose requests are of at most `requestPages`.
  public func inSchedules(_ values: WorkloadValues, requestPages: Int) -> WorkloadValues {
    WorkloadValues(
      parameters.map {
        ($0.name, $0.inSchedules.value(values[$0.name], requestPages: requestPages))
      })
  }

  /// The kind called `name`; nil if there is none.
  public static func named(_ name: String) -> WorkloadKind? { all.first { $0.name == name } }
}
