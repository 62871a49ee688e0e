// An operation is a value: what it was asked, and the code that does it.
//
// The compiler makes two copies of that code: one with scheduling points, and one without them for
// a CPU that nothing wants to cut into.  Those on a CPU's lists have a pair of copies for each
// protection of the lists.  The choice is made once, on the way in.

import Machine

/// What does not depend on how a CPU's lists are protected.
protocol Operation {
  associatedtype Result

  /// Does it.  `@inline(always)`, so that each copy is of all its code.
  func run(_ cpu: CPU, _ allocator: PageAllocator) -> Result
}

/// What takes the lists of a CPU.
protocol ListOperation {
  associatedtype Result

  /// Does it, with lists protected by `P`.  `@inline(always)`, so that each copy is of all its
  /// code.
  func run<P: ListProtection>(_ cpu: CPU, _ allocator: PageAllocator, _: P.Type) -> Result
}

/// A list operation under one protection.
private struct Under<P: ListProtection, O: ListOperation>: Operation {
  let operation: O

  @inline(always) func run(_ cpu: CPU, _ allocator: PageAllocator) -> O.Result {
    operation.run(cpu, allocator, P.self)
  }
}

extension PageAllocator {
  /// Runs an operation in the copy that suits the CPU.
  @inline(always) func perform<O: Operation>(_ operation: O, _ cpu: CPU) -> O.Result {
    if cpu.maySkipPoints { return operation.run(cpu.skippingPoints, self) }
    return performAmongPoints(operation, cpu)
  }

  /// The copy with points, kept apart so that it does not slow the other one.
  @inline(never) private func performAmongPoints<O: Operation>(
    _ operation: O, _ cpu: CPU
  ) -> O.Result {
    operation.run(cpu, self)
  }

  /// Runs a list operation in the copy that suits the CPU and the protection of its lists.
  @inline(always) func perform<O: ListOperation>(_ operation: O, _ cpu: CPU) -> O.Result {
    switch tunables.protection {
    case .trylock: perform(Under<TryLock, O>(operation: operation), cpu)
    case .irqDisable: performApart(Under<InterruptsOff, O>(operation: operation), cpu)
    case .uniprocessor: performApart(Under<Uniprocessor, O>(operation: operation), cpu)
    }
  }

  /// The same, kept apart from the code that it is called in, for what is long or rare.
  @inline(never) func performApart<O: ListOperation>(_ operation: O, _ cpu: CPU) -> O.Result {
    perform(operation, cpu)
  }

  /// Runs a list operation that has no copy without points, because it is rare.
  @inline(always) func performRare<O: ListOperation>(_ operation: O, _ cpu: CPU) -> O.Result {
    switch tunables.protection {
    case .trylock: performAmongPoints(Under<TryLock, O>(operation: operation), cpu)
    case .irqDisable: performAmongPoints(Under<InterruptsOff, O>(operation: operation), cpu)
    case .uniprocessor: performAmongPoints(Under<Uniprocessor, O>(operation: operation), cpu)
    }
  }

  @inline(never) private func performApart<O: Operation>(_ operation: O, _ cpu: CPU) -> O.Result {
    perform(operation, cpu)
  }
}
