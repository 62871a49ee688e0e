// Reads seed files.  Whatever a file holds, the answer is a value or one error with its line and
// column; what a value's limits are is checked here, so that nothing later can trap on it.

import JSON5
import Machine

/// Reads a seed file.
public enum SeedFileReader {
  /// Deviations that a schedule may have.
  public static let deviationsMax = 1_000_000

  /// The file in `bytes`, which errors call `name`.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing that cannot be right.
  public static func read(_ bytes: [UInt8], name: String) throws(ConfigurationError) -> SeedFile {
    let root = try ConfigurationObject(JSON5Reader.read(bytes, file: name))
    let version = try root.value("formatVersion", .int(in: 0...Int.max))
    if version != SeedFile.currentFormatVersion {
      throw root.error(
        "formatVersion",
        "expected format version \(SeedFile.currentFormatVersion), "
          + "found \(version)",
        hint: "this pagetorture reads no other")
    }
    let modelVersion = try root.value("modelVersion", .string)
    let expectation = try expectation(root)
    let (seed, index) = (try root.value("seed", .uint64()), try root.value("index", .uint64()))
    let strategy = try root.value("strategy", .string)
    let profile = try profile(root)
    let script = try script(root)
    let traceHash = try hash(root, "traceHash")
    let fingerprints = try fingerprints(root)
    guard let config = root.node("config") else {
      throw root.missing("config", expected: "the resolved config")
    }
    if case .object = config.value {
    } else {
      throw root.error("config", "expected an object, found \(config.summary)")
    }
    try root.finish()
    return SeedFile(
      modelVersion: modelVersion, config: JSONWriter.oneLine(config), seed: seed, index: index,
      strategy: strategy, profile: profile, script: script, expectation: expectation,
      fingerprints: fingerprints, traceHash: traceHash)
  }

  private static func expectation(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> SeedExpectation {
    if case .string(let word)? = root.node("expected")?.value {
      if word == "clean" { return .clean }
      throw root.error(
        "expected", "expected \"clean\" or an object with rule and site, found \"\(word)\"")
    }
    let finding = try root.requiredObject("expected")
    let rule = try finding.value("rule", .string)
    let site = try finding.value("site", .string)
    try finding.finish()
    return .finding(rule: rule, site: site)
  }

  private static func profile(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> [UInt64] {
    try root.value("profile", .list(of: .uint64()), default: [])
  }

  private static func script(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> ReplayScript {
    let seed = try root.value("scheduleSeed", .uint64())
    let granularity = try root.value("granularity", .oneOf(Granularity.allCases.map(\.rawValue)))
    let endsFairly = try root.value("endsFairly", .bool, default: false)
    var deviations: [Deviation] = []
    var lastPoints: [Int: Int] = [:]
    for object in try root.objects("deviations", count: 0...deviationsMax) {
      let deviation = try self.deviation(object)
      // A place is met once, so each CPU's are in ascending order.
      if let last = lastPoints[deviation.cpu], last >= deviation.point {
        throw object.error(
          "point",
          "expected more than \(last), that of the deviation before on CPU "
            + "\(deviation.cpu), found \(deviation.point)")
      }
      lastPoints[deviation.cpu] = deviation.point
      deviations.append(deviation)
    }
    return ReplayScript(
      seed: seed, granularity: Granularity(rawValue: granularity) ?? .sync,
      deviations: deviations, endsFairly: endsFairly)
  }

  private static func deviation(
    _ object: ConfigurationObject
  ) throws(ConfigurationError) -> Deviation {
    let cpus = Machine.cpuCountMax
    let cpu = try object.value("cpu", .int(in: -1...(cpus - 1)))
    let point = try object.value("point", .int(in: 0...Int(Int32.max)))
    let target = try object.value("to", .int(in: 0...(cpus - 1)))
    let name = try object.optionalValue("interrupt", .oneOf(InterruptSource.allCases.map(\.name)))
    try object.finish()
    let source = InterruptSource.allCases.first { $0.name == name }
    let choice =
      source.map { ScheduleChoice($0, to: target) } ?? ScheduleChoice(cpu: target)
    return Deviation(cpu: cpu, point: point, to: choice)
  }

  private static func hash(
    _ object: ConfigurationObject, _ key: String
  ) throws(ConfigurationError) -> UInt64 {
    let text = try object.value(key, .string)
    guard text.hasPrefix("0x"), text.count > 2, text.count <= 18,
      let value = UInt64(text.dropFirst(2), radix: 16)
    else {
      throw object.error(
        key, "expected a hash such as \"0x1f\", found \(JSON5Reader.shown(text))")
    }
    return value
  }

  private static func fingerprints(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> StepFingerprints {
    var fingerprints = StepFingerprints()
    fingerprints.stepCount = try root.value("stepCount", .int(in: 0...Int(Int32.max)))
    fingerprints.words = try root.value("words", .list(of: .string))
    for object in try root.objects("fingerprints") {
      fingerprints.chain.append(try hash(object, "hash"))
      fingerprints.steps += try steps(object, fingerprints.words.count)
      try object.finish()
    }
    let chunk = StepFingerprints.chunkSteps
    if fingerprints.chain.count != (fingerprints.stepCount + chunk - 1) / chunk {
      throw root.error(
        "fingerprints",
        "expected a hash for each \(chunk) of \(fingerprints.stepCount) steps, "
          + "found \(fingerprints.chain.count)")
    }
    return fingerprints
  }

  private static func steps(
    _ object: ConfigurationObject, _ wordCount: Int
  ) throws(ConfigurationError) -> [StepFingerprints.Step] {
    var steps: [StepFingerprints.Step] = []
    var cpu: Int?
    for part in try object.value("steps", .string).split(separator: " ") {
      if part.hasSuffix(":") {
        cpu = Int(part.dropLast())
        continue
      }
      guard let word = Int(part), let owner = cpu, word >= 0, word < wordCount,
        owner >= 0, owner < Machine.cpuCountMax
      else {
        throw object.error(
          "steps",
          "expected CPUs such as 0: and numbers of words below \(wordCount), found "
            + JSON5Reader.shown(String(part)))
      }
      steps.append(StepFingerprints.Step(cpu: owner, word: word))
    }
    return steps
  }
}
