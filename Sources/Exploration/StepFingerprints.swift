// Fingerprints of a schedule's steps: what tells a replay that it no longer repeats what was
// recorded, and where it first went another way.
//
// A step is (CPU, kind, object, site), the last three in words: numbers of sites and addresses
// change with every version, and a step that is told must be told in words.

import Machine

/// What was done at each step of one schedule.
public struct StepFingerprints: Equatable, Sendable {
  /// Steps between two links of the chain.
  public static let chunkSteps = 64
  /// Steps that are kept in words; of later ones the chain alone.
  public static let stepsInWordsMax = 8192

  /// One step.
  public struct Step: Equatable, Sendable {
    /// The CPU.
    public var cpu: Int
    /// What it did: an index of `words`.
    public var word: Int

    /// A step.
    public init(cpu: Int, word: Int) {
      self.cpu = cpu
      self.word = word
    }
  }

  /// The hash over all steps so far after each 64th, and after the last.
  public var chain: [UInt64] = []
  /// Steps in all.
  public var stepCount = 0
  /// What was done, each once: `lock zone->lock[Normal] in rmqueue_bulk`.
  public var words: [String] = []
  /// The first steps.
  public var steps: [Step] = []

  /// No steps.
  public init() {}

  /// What is done at a step that executes an operation: `lock zone->lock[Normal] in rmqueue_bulk`.
  static func text(_ operation: CPUOperation, _ machine: Machine) -> String {
    let name = machine.objectName(operation)
    return operation.kind.words + (name.isEmpty ? "" : " " + name)
      + " in " + machine.catalog.name(Site(operation.site))
  }

  /// What is done at a step at which an interrupt comes.
  static func text(_ source: InterruptSource?) -> String { "interrupt \(source?.name ?? "")" }

  /// A step in words; nil if it is not kept.
  public func text(_ index: Int) -> String? {
    guard steps.indices.contains(index), words.indices.contains(steps[index].word) else {
      return nil
    }
    return "CPU \(steps[index].cpu): \(words[steps[index].word])"
  }
}

/// An observer that takes the fingerprints of each schedule.
public final class FingerprintRecorder: ScheduleObserver {
  /// What came next: an announced operation, or an interrupt.
  private struct Key: Hashable {
    var operation: CPUOperation?
    var source: InterruptSource?
  }

  private let machine: Machine
  private var indexOfKey: [Key: Int] = [:]
  private var hashes: [UInt64] = []
  private var hash: UInt64 = 0
  private var fingerprints = StepFingerprints()

  /// A recorder of schedules of this machine.
  public init(of machine: Machine) { self.machine = machine }

  /// Those of the last schedule.
  public var taken: StepFingerprints {
    var taken = fingerprints
    if taken.stepCount % StepFingerprints.chunkSteps != 0 { taken.chain.append(hash) }
    return taken
  }

  public override var interest: ScheduleInterest { .choices }

  public override func begin(_ view: ScheduleView) {
    fingerprints = StepFingerprints()
    indexOfKey.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    hash = 0x9E37_79B9_7F4A_7C15
  }

  public override func decide(_ choice: ScheduleChoice, _ view: ScheduleView) {
    let cpu = Int(choice.cpu)
    let key = Key(
      operation: choice.delivery == 0 ? view.announced(cpu) : nil, source: choice.source)
    let word = indexOfKey[key] ?? add(key)
    hash = (hash ^ hashes[word] ^ UInt64(cpu)) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
    if fingerprints.steps.count < StepFingerprints.stepsInWordsMax {
      fingerprints.steps.append(StepFingerprints.Step(cpu: cpu, word: word))
    }
    fingerprints.stepCount += 1
    if fingerprints.stepCount % StepFingerprints.chunkSteps == 0 {
      fingerprints.chain.append(hash)
    }
  }

  private func add(_ key: Key) -> Int {
    let text = self.text(key)
    let word = fingerprints.words.count
    indexOfKey[key] = word
    fingerprints.words.append(text)
    // FNV-1a: the same in every process.
    hashes.append(text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    return word
  }

  private func text(_ key: Key) -> String {
    guard let operation = key.operation else {
      return StepFingerprints.text(key.source)
    }
    return StepFingerprints.text(operation, machine)
  }
}
