// The parts of a small program of virtual CPUs, each with a name that reports call it by: what a
// user of the simulated machine starts with who has no layout of memory of his own.
//
//     let machine = Machine(cpuCount: 2)
//     let lock = machine.lock("list")
//     let length = machine.plain("length")

extension Machine {
  /// A lock, at rest.  Locks of one name are of one class: lockdep judges their order together.
  ///
  /// - Parameter instance: tells locks of one name from each other, in reports.
  public func lock(_ name: String, instance: Int = 0) -> SpinLock {
    makeLock(catalog.lockClass(named: name), instance: instance)
  }

  /// A word that a lock guards, or that one CPU alone uses; on a line of its own.
  public func plain(_ name: String, _ value: Int = 0) -> Plain<Int> {
    word(name, value).plain(0)
  }

  /// A word that is read and written without a lock on purpose; on a line of its own.
  public func marked(_ name: String, _ value: Int = 0) -> Marked { word(name, value).marked(0) }

  /// A word that is changed in one step, and that can be waited on; on a line of its own.
  public func atomic(_ name: String, _ value: Int = 0) -> AtomicCell {
    word(name, value).atomic(0)
  }

  private func word(_ name: String, _ value: Int) -> Table<Int> {
    let table = arena.table(of: Int.self, count: 1)
    table[0] = value
    self.name(table) { _ in name }
    return table
  }
}

extension CPU {
  /// Checks what the program promises; if it does not hold, that is a finding of rule `check`,
  /// which ends the schedule: the CPU does not come back.
  public func check(_ holds: Bool, line: Int = #line) {
    if !holds { bug(.check, .nothing, 0, line) }
  }
}
