// What the program has to offer, as values that `list` prints.

import Checker
import Exploration
import PageAllocator
import Workloads

/// A parameter of a workload.
public struct ListedParameter: Sendable, Encodable {
  public let name: String
  /// The values allowed, both ends included.
  public let min: Int
  public let max: Int
  /// The value if a config does not set it.
  public let standard: Int
  /// What it means, with its unit.
  public let meaning: String
}

/// A workload.
public struct ListedWorkload: Sendable, Encodable {
  public let name: String
  public let family: String
  /// The kernel function that it behaves as.
  public let kernelCaller: String
  public let summary: String
  /// True for one that runs on a virtual CPU of its own until the workers ended.
  public let isKernelThread: Bool
  public let parameters: [ListedParameter]
}

/// A seeded bug.
public struct ListedBug: Sendable, Encodable {
  public let name: String
  /// The kernel commit that fixed it; nil if there is none or its number is not known.
  public let fixedBy: String?
  /// Where it comes from, in words.
  public let origin: String
  public let summary: String
  /// The rules of which one reports it.
  public let caughtBy: [String]
  /// The config whose schedules come to it.
  public let config: String
}

/// A judge.
public struct ListedCheck: Sendable, Encodable {
  public let name: String
  public let summary: String
  /// The rules that it reports.
  public let rules: [String]
  /// The seeded bugs that it must catch; empty if there is none yet.
  public let shownBy: [String]
}

/// A strategy of exploration.
public struct ListedStrategy: Sendable, Encodable {
  public let name: String
  /// What it does.
  public let what: String
  /// What it promises.
  public let guarantee: String
  /// Where it is weak.
  public let weakness: String
}

/// An option of a config.
public struct ListedOption: Sendable, Encodable {
  /// Its path, such as `machine.cpus` or `workloads[i].weight`.
  public let path: String
  /// The kind of workload whose parameter it is; nil for none.
  public let workload: String?
  /// The kind of value, or its unit.
  public let type: String
  /// The values allowed; empty for all of the type.
  public let range: String
  /// The value if a config does not set it.
  public let standard: String
  /// What it means.
  public let meaning: String
}

/// What can be listed.
public enum Listings {
  /// All options of a config, in the order in which they are printed.
  public static var options: [ListedOption] {
    RootMember.all.flatMap { $0.declared() }.map {
      ListedOption(
        path: $0.path, workload: $0.owner.isEmpty ? nil : $0.owner, type: $0.type,
        range: $0.range, standard: $0.standard, meaning: $0.meaning)
    }
  }

  /// All workloads, by family.
  public static var workloads: [ListedWorkload] {
    WorkloadKind.all.map { kind in
      ListedWorkload(
        name: kind.name, family: kind.family, kernelCaller: kind.kernelCaller,
        summary: kind.summary, isKernelThread: kind.isKernelThread,
        parameters: kind.parameters.map {
          ListedParameter(
            name: $0.name, min: $0.range.lowerBound, max: $0.range.upperBound,
            standard: $0.standard, meaning: $0.meaning)
        })
    }
  }

  /// All seeded bugs.
  public static var bugs: [ListedBug] {
    SeededBug.allCases.map {
      ListedBug(
        name: $0.name, fixedBy: $0.record.origin.fix, origin: $0.record.origin.text,
        summary: $0.record.summary, caughtBy: $0.record.rules,
        config: "configs/\($0.record.config).json5")
    }
  }

  /// All strategies of exploration.
  public static var strategies: [ListedStrategy] {
    StrategyText.all.map {
      ListedStrategy(
        name: $0.name, what: $0.what, guarantee: $0.guarantee, weakness: $0.weakness)
    }
  }

  /// All judges of a run, in the order in which they look.
  public static var checks: [ListedCheck] {
    Check.all.map { check in
      ListedCheck(
        name: check.name, summary: check.summary, rules: check.ruleNames,
        shownBy: check.shownBy.map(\.name))
    }
  }
}
