// `pagetorture list`: what there is, for people or as JSON.

import Arguments
import Foundation
import Harness
import JSON5
import Reports

/// Shows what the program has to offer.
enum ListCommand {
  /// Prints the listing; returns the exit status.
  static func run(_ arguments: ParsedArguments) -> Int32 {
    let isJSON = arguments.flag("json")
    do {
      let text =
        switch arguments.operands[0] {
        case "options": try isJSON ? json(Listings.options) : entries(Listings.options.map(entry))
        case "workloads":
          try isJSON ? json(Listings.workloads) : entries(Listings.workloads.map(entry))
        case "bugs": try isJSON ? json(Listings.bugs) : entries(Listings.bugs.map(entry))
        case "checks": try isJSON ? json(Listings.checks) : entries(Listings.checks.map(entry))
        case "strategies":
          try isJSON
            ? json(Listings.strategies) : entries(Listings.strategies.map(entry))
        default: try configs(isJSON)
        }
      return StandardStreams.write(text)
    } catch {
      return StandardStreams.fail("pagetorture: \(error)")
    }
  }

  /// A heading with lines below it.
  private typealias Entry = (heading: String, lines: [String])

  private static func entry(_ option: ListedOption) -> Entry {
    let owner = option.workload.map { " of \($0)" } ?? ""
    let form = option.range.isEmpty ? option.type : "\(option.type), \(option.range)"
    return ("\(option.path)\(owner)  (\(form); standard \(option.standard))", [option.meaning])
  }

  private static func entry(_ workload: ListedWorkload) -> Entry {
    let parameters = workload.parameters.map {
      "\($0.name) (\($0.min) ... \($0.max), standard \($0.standard)): \($0.meaning)"
    }
    let thread = workload.isKernelThread ? ", a kernel thread" : ""
    return (
      "\(workload.name)  (\(workload.family)\(thread); as \(workload.kernelCaller))",
      [workload.summary] + parameters
    )
  }

  private static func entry(_ bug: ListedBug) -> Entry {
    (
      "\(bug.name)  (\(bug.origin))",
      [
        bug.summary, "Caught by: \(bug.caughtBy.joined(separator: ", ")).",
        "Met in schedules of \(bug.config)",
      ]
    )
  }

  private static func entry(_ check: ListedCheck) -> Entry {
    var lines = [check.summary, "Rules: \(check.rules.joined(separator: ", "))."]
    if !check.shownBy.isEmpty {
      lines.append("Shown by --bug \(check.shownBy.joined(separator: ", ")).")
    }
    return (check.name, lines)
  }

  private static func entry(_ strategy: ListedStrategy) -> Entry {
    (
      strategy.name,
      [
        strategy.what.prefix(1).uppercased() + strategy.what.dropFirst() + ".",
        "Guarantee: \(strategy.guarantee).", "Weak at: \(strategy.weakness).",
      ]
    )
  }

  private static func entry(_ config: ListedConfig) -> Entry {
    (config.file, config.summary.isEmpty ? [] : [config.summary])
  }

  private static func configs(_ isJSON: Bool) throws -> String {
    let configs: [ListedConfig]
    do {
      configs = try ConfigFiles.all()
    } catch {
      let here = FileManager.default.currentDirectoryPath
      throw InputFileError(
        description: "there is no directory \(ConfigFiles.directory) in \(JSON5Writer.quoted(here))"
      )
    }
    return try isJSON ? json(configs) : entries(configs.map(entry))
  }

  /// Entries as text: headings at the margin, what belongs to them wrapped below.
  private static func entries(_ entries: [Entry]) -> String {
    entries.map { entry in
      let lines = entry.lines.flatMap {
        TextLayout.wrapped($0, first: "    ", rest: "      ")
      }
      return ([TextLayout.printable(entry.heading)] + lines).map { $0 + "\n" }.joined()
    }.joined()
  }

  private static func json(_ values: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(values), as: UTF8.self) + "\n"
  }
}
