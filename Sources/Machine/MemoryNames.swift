// What the words of a machine's memory are called: for traces and reports of one schedule.
//
// A name is a function of a word's number that nobody calls before somebody asks, so that naming
// a table of any length costs one entry.

/// A range of the arena and how its words are called.
struct NamedMemory {
  /// In bytes, from the arena's start.
  let range: Range<Int>
  /// Bytes of one element.
  let stride: Int
  let name: (Int) -> String
}

extension Machine {
  /// Names the elements of a table; `name` is given an element's index.  A later name of the same
  /// memory replaces an earlier one.
  public func name<Element>(_ table: Table<Element>, _ name: @escaping (Int) -> String) {
    self.name(UnsafeRawPointer(table.base), table.count, MemoryLayout<Element>.stride, name)
  }

  /// Names the first `count` words behind a lock; `name` is given a word's index.
  public func name(_ words: LockedWords, count: Int, _ name: @escaping (Int) -> String) {
    self.name(UnsafeRawPointer(words.plain(0).address), count, MemoryLayout<Int>.stride, name)
  }

  /// Calls a lock `label` within its class, as in `zone->lock[Normal]`; else it is known by its
  /// instance.
  public func name(_ lock: SpinLock, _ label: String) { lockLabels[lock.identity] = label }

  /// What a lock of this machine is called.
  public func name(of lock: SpinLock) -> String { lockName(lock.identity) ?? "a lock" }

  private func name(
    _ start: UnsafeRawPointer, _ count: Int, _ stride: Int, _ name: @escaping (Int) -> String
  ) {
    guard let offset = arena.offset(of: start), count > 0 else { return }
    namedMemory.append(
      NamedMemory(range: offset..<offset + count * stride, stride: stride, name: name))
  }

  /// The name that was given to what lies `offset` bytes into the arena; nil for none.
  func givenName(at offset: Int) -> String? {
    guard let named = namedMemory.last(where: { $0.range.contains(offset) }) else { return nil }
    return named.name((offset - named.range.lowerBound) / named.stride)
  }

  /// What an operation does it to, by name; empty for nothing.
  public func objectName(_ operation: CPUOperation) -> String {
    switch operation.kind {
    case .spawn, .join, .interruptSend:
      return operation.object == 0 ? "" : "CPU \(operation.object - 1)"
    case .sleep: return operation.object == 1 ? "1 tick" : "\(operation.object) ticks"
    default: break
    }
    if operation.object == 0 || operation.object > UInt64(arena.byteCount) { return "" }
    let offset = Int(operation.object - 1)
    switch operation.kind {
    case .lock, .tryLock, .unlock:
      return lockName(UInt(bitPattern: arena.base + offset)) ?? wordName(offset)
    default: return wordName(offset)
    }
  }
}

extension PointKind {
  /// What it does, in words that an object's name follows.
  public var words: String {
    switch self {
    case .lock: "lock"
    case .tryLock: "trylock"
    case .unlock: "unlock"
    case .interruptDisable: "interrupts off"
    case .interruptEnable: "interrupts on"
    case .atomic: "atomic"
    case .markedRead: "READ_ONCE"
    case .markedWrite: "WRITE_ONCE"
    case .plainRead: "read"
    case .plainWrite: "write"
    case .relax: "cpu_relax"
    case .spawn: "spawn"
    case .join: "join"
    case .sleep: "sleep"
    case .wait: "wait on"
    case .wake: "wake"
    case .interruptEnter: "interrupt begins"
    case .interruptExit: "interrupt ends"
    case .softirqEnter: "softirq begins"
    case .softirqExit: "softirq ends"
    case .softirqDisable: "softirqs off"
    case .softirqEnable: "softirqs on"
    case .softirqRaise: "raise a softirq"
    case .interruptSend: "send an interrupt to"
    }
  }
}
