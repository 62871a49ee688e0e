// Fibers switch, keep what a call must keep, are abandoned and reused, and stop the process with
// a clear message when they are misused. To be run plain and under both sanitizers.

import CMachine
import Machine
import Synchronization
import Testing

/// What the fibers of one test share; reached through a pointer so that an abandoned fiber holds
/// no reference.
private struct Stage {
  let thread: Fiber
  /// The fiber that runs, where a test keeps track of it.
  var current: Fiber
  var fibers: [Fiber] = []
  var log: [Int] = []
  var sum = 0.0
}

@Suite("Fibers")
struct FiberTests {
  @Test("two fibers take turns and hand control back to their thread")
  func pingPong() throws {
    let log = try unsafe onStage(fibers: 2) { argument in
      let (stage, me) = unsafe role(argument)
      for round in 0..<3 {
        unsafe stage.pointee.log.append(round * 10 + me)
        let next = unsafe me == 0 ? stage.pointee.fibers[1] : stage.pointee.fibers[0]
        let target = unsafe me == 1 && round == 2 ? stage.pointee.thread : next
        unsafe stage.pointee.fibers[me].switchTo(target)
      }
      fatalError("resumed after its last turn")
    } run: { stage in
      unsafe stage.pointee.thread.switchTo(stage.pointee.fibers[0])
      return unsafe stage.pointee.log
    }
    #expect(log == [0, 1, 10, 11, 20, 21])
  }

  @Test("a thousand fibers are abandoned in the middle and their stacks reused")
  func abandonAndReuse() throws {
    let pool = try FiberPool(stackBytes: 64 << 10)
    let stage = UnsafeMutablePointer<Stage>.allocate(capacity: 1)
    unsafe stage.initialize(to: Stage(thread: pool.thread, current: pool.thread))
    for round in 1...3 {
      for _ in 0..<1000 {
        unsafe stage.pointee.fibers.append(try pool.start(entry: countForever, argument: stage))
      }
      // Two visits leave each fiber in the middle of its loop; the last ten are never entered.
      for fiber in unsafe stage.pointee.fibers.dropLast(10) {
        for _ in 0..<2 {
          unsafe stage.pointee.log = []
          unsafe stage.pointee.current = fiber
          unsafe stage.pointee.thread.switchTo(fiber)
          #expect(unsafe stage.pointee.log.count == 64)
        }
      }
      unsafe #expect(stage.pointee.sum == Double(round * 990 * 2 * 64))
      for fiber in unsafe stage.pointee.fibers { pool.abandon(fiber) }
      #expect(pool.stackCount == 1000)
      unsafe stage.pointee.fibers = []
    }
    unsafe stage.deinitialize(count: 1)
    unsafe stage.deallocate()
  }

  @Test("integers and floating-point values in flight survive switches")
  func registersSurvive() throws {
    let sums = try unsafe onStage(fibers: 3) { argument in
      let (stage, me) = unsafe role(argument)
      unsafe mix(stage, me)
      unsafe stage.pointee.fibers[me].switchTo(stage.pointee.thread)
      fatalError("resumed after its last turn")
    } run: { stage in
      for _ in 0...100 {
        for fiber in unsafe stage.pointee.fibers {
          unsafe stage.pointee.thread.switchTo(fiber)
        }
      }
      return unsafe stage.pointee.log
    }
    #expect(sums == (0..<3).map(expectedMix))
  }

  @Test("a fiber that overflows its stack stops the process")
  func overflow() async {
    await #expect(processExitsWith: .failure) {
      let pool = try FiberPool(stackBytes: 16 << 10)
      let fiber = try unsafe pool.start(
        entry: { _ in fatalError("came back from depth \(dive(1_000_000))") }, argument: nil)
      pool.thread.switchTo(fiber)
    }
  }

  @Test("an entry that returns stops the process with a message")
  func entryReturns() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let pool = try FiberPool()
      pool.thread.switchTo(try unsafe pool.start(entry: { _ in }, argument: nil))
    }
    #expect(stderr(of: result).contains("a fiber's entry returned"))
  }

  @Test("a switch to an abandoned fiber stops the process with a message")
  func switchToAbandoned() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let pool = try FiberPool()
      let fiber = try unsafe pool.start(entry: { _ in }, argument: nil)
      pool.abandon(fiber)
      pool.thread.switchTo(fiber)
    }
    #expect(stderr(of: result).contains("switched to a fiber that is empty or running"))
  }

  @Test("a switch from a fiber that is not running stops the process with a message")
  func switchFromReady() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let pool = try FiberPool()
      let fiber = try unsafe pool.start(entry: { _ in }, argument: nil)
      fiber.switchTo(pool.thread)
    }
    #expect(stderr(of: result).contains("switched from a fiber that is not running here"))
  }

  @Test("a fiber abandoned twice stops the process with a message")
  func abandonTwice() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let pool = try FiberPool()
      let fiber = try unsafe pool.start(entry: { _ in }, argument: nil)
      pool.abandon(fiber)
      pool.abandon(fiber)
    }
    #expect(stderr(of: result).contains("reset a fiber that is empty or running"))
  }

  @Test("unordered switches show ThreadSanitizer a missing lock, and only that")
  func unorderedSwitches() async {
    let racing: ExitTest.Condition = pt_sanitizer() == 1 ? .failure : .success
    await #expect(processExitsWith: racing) { try countUnordered(isLocked: false) }
    await #expect(processExitsWith: .success) { try countUnordered(isLocked: true) }
  }

  @Test("the CPU of a thread is what was set, and null before and after")
  func currentCPU() {
    var cpu = 0
    unsafe withUnsafeMutablePointer(to: &cpu) { pointer in
      let isNullBefore = unsafe pt_current_cpu() == nil
      unsafe pt_set_current_cpu(pointer)
      let isSet = unsafe pt_current_cpu() == UnsafeMutableRawPointer(pointer)
      pt_set_current_cpu(nil)
      let isNullAfter = unsafe pt_current_cpu() == nil
      #expect(isNullBefore && isSet && isNullAfter)
    }
  }
}

/// What one fiber of a stage is told: the stage and its own index there.
private typealias Role = (stage: UnsafeMutablePointer<Stage>, index: Int)

private func role(_ argument: UnsafeMutableRawPointer?) -> Role {
  guard let argument = unsafe argument else { fatalError("a fiber without a role") }
  return unsafe argument.assumingMemoryBound(to: Role.self).pointee
}

/// Starts `count` fibers that run `entry` with their roles, calls `run`, then abandons them.
private func onStage<Result>(
  fibers count: Int,
  entry: @convention(c) (UnsafeMutableRawPointer?) -> Void,
  run: (UnsafeMutablePointer<Stage>) -> Result
) throws -> Result {
  let pool = try FiberPool()
  let stage = UnsafeMutablePointer<Stage>.allocate(capacity: 1)
  let roles = UnsafeMutablePointer<Role>.allocate(capacity: count)
  unsafe stage.initialize(to: Stage(thread: pool.thread, current: pool.thread))
  defer {
    for fiber in unsafe stage.pointee.fibers { pool.abandon(fiber) }
    unsafe stage.deinitialize(count: 1)
    unsafe stage.deallocate()
    unsafe roles.deallocate()
  }
  for index in 0..<count {
    unsafe (roles + index).initialize(to: (stage, index))
    unsafe stage.pointee.fibers.append(try pool.start(entry: entry, argument: roles + index))
  }
  return unsafe run(stage)
}

/// Adds 64 entries to the log at each visit.
private func countForever(_ argument: UnsafeMutableRawPointer?) {
  guard let argument = unsafe argument else { fatalError("a fiber without a stage") }
  let stage = unsafe argument.assumingMemoryBound(to: Stage.self)
  while true {
    for index in 0..<64 {
      unsafe stage.pointee.log.append(index)
      unsafe stage.pointee.sum += 1
    }
    let (this, thread) = unsafe (stage.pointee.current, stage.pointee.thread)
    this.switchTo(thread)
  }
}

/// More values in flight than there are registers that a call preserves, across 100 switches.
@inline(never)
private func mix(_ stage: UnsafeMutablePointer<Stage>, _ me: Int) {
  let (this, thread) = unsafe (stage.pointee.fibers[me], stage.pointee.thread)
  let step = mixStep(me) { this.switchTo(thread) }
  unsafe stage.pointee.log.append(step)
}

private func expectedMix(_ me: Int) -> Int { mixStep(me) {} }

@inline(__always)
private func mixStep(_ me: Int, between: () -> Void) -> Int {
  var (a, b, c, d, e, f, g) = (me, me + 1, me + 2, me + 3, me + 4, me + 5, me + 6)
  var (x, y, z) = (Double(me), Double(me) + 0.5, Double(me) + 0.25)
  for _ in 0..<100 {
    between()
    (a, b, c, d, e, f, g) = (b &+ g, c ^ a, d &+ b, e ^ c, f &+ d, g ^ e, a &+ f)
    (x, y, z) = (y * 0.5 + 1, z * 0.75 + 2, x * 0.25 + 3)
  }
  let integers = a ^ b ^ c ^ d ^ e ^ f ^ g
  return integers ^ Int(truncatingIfNeeded: (x + y * 3 + z * 7).bitPattern)
}

/// Recursion that no optimizer turns into a loop.
@inline(never)
private func dive(_ depth: Int) -> Int {
  if depth == 0 { return 0 }
  return (dive(depth - 1) ^ depth) &+ 1
}

private func stderr(of result: ExitTest.Result?) -> String {
  String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
}

/// Two fibers that increment one counter, with or without a spinlock around it.
private struct Count: ~Copyable {
  /// First, because ThreadSanitizer takes `count.pointee.value += 1` for a write to the first byte
  /// of the struct also, which must therefore not be the lock.
  var value = 0
  let lock = Atomic<Bool>(false)
  let isLocked: Bool
  var thread: Fiber
  var fibers: (Fiber, Fiber)
}

private func countUnordered(isLocked: Bool) throws {
  let pool = try FiberPool()
  let count = UnsafeMutablePointer<Count>.allocate(capacity: 1)
  let first = try unsafe pool.start(entry: { unsafe increment($0, isFirst: true) }, argument: count)
  let second = try unsafe pool.start(
    entry: { unsafe increment($0, isFirst: false) }, argument: count)
  unsafe count.initialize(
    to: Count(isLocked: isLocked, thread: pool.thread, fibers: (first, second)))
  pool.thread.switchTo(first, order: .unordered)
  pool.abandon(first)
  pool.abandon(second)
  unsafe precondition(count.pointee.value == 20, "each fiber adds ten")
  unsafe count.deinitialize(count: 1)
  unsafe count.deallocate()
}

private func increment(_ argument: UnsafeMutableRawPointer?, isFirst: Bool) {
  guard let argument = unsafe argument else { fatalError("a fiber without a counter") }
  let count = unsafe argument.assumingMemoryBound(to: Count.self)
  let (first, second) = unsafe count.pointee.fibers
  let (this, other) = isFirst ? (first, second) : (second, first)
  for _ in 0..<10 {
    if unsafe count.pointee.isLocked {
      // Never contended: a fiber does not stop while it holds the lock.
      _ = unsafe count.pointee.lock.exchange(true, ordering: .acquiring)
    }
    unsafe count.pointee.value += 1
    if unsafe count.pointee.isLocked {
      unsafe count.pointee.lock.store(false, ordering: .releasing)
    }
    this.switchTo(other, order: .unordered)
  }
  unsafe this.switchTo(count.pointee.thread, order: .synchronizing)
}
