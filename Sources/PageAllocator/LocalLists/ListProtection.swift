// How the per-CPU lists are protected: a policy, with the kernel's schemes as its values.
//
// Each value is a type with a file of its own.  An entry of the allocator asks once which value
// holds (`PageAllocator.perform`), and runs a copy of its code for that value alone: each policy
// costs what its kernel pays.

import Machine

/// How the per-CPU lists are protected.
public enum PerCPUProtection: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// A lock that is tried with interrupts on; a context that finds it taken does without the lists.
  case trylock
  /// Interrupts off; taking the lists never fails.
  case irqDisable
  /// A lock that costs nothing, with interrupts off; for a machine of one CPU.
  case uniprocessor

  /// The name in configs.
  public var name: String { "\(self)" }
}

/// One value of `PerCPUProtection`: what taking and releasing a CPU's lists does.
protocol ListProtection {
  /// What releasing has to know.
  associatedtype Hold: BitwiseCopyable

  /// True if an NMI may take lists.
  static var servesNMI: Bool { get }

  /// True if a CPU may take another CPU's lists; false if it asks that CPU to do the work.
  static var reachesOtherCPUs: Bool { get }

  /// Takes the lists of the CPU that runs; nil if another context has them.
  static func tryTake(_ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator) -> Hold?

  /// Takes the lists of any CPU that it may take them of, waiting for them: drains and decay.  Only
  /// from a task.
  static func take(_ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator) -> Hold

  /// Undoes one of them.
  static func release(
    _ cpu: CPU, _ pcp: PerCPUPages, _ hold: Hold, _ allocator: PageAllocator)
}
