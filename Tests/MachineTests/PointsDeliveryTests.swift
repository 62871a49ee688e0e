// Interrupts at seeded points of the code: the same places for the same seed, at the rates asked.

import Testing

@testable import Machine

struct PointsDeliveryTests {
  @Test("interrupts come at the same points for the same seed, at others for another")
  func sameSeedSamePoints() {
    let first = Delivered(seed: 3, between: [.nic: 50, .timer: 200], points: 5000)
    #expect(first.events.count > 50)
    #expect(Delivered(seed: 3, between: [.nic: 50, .timer: 200], points: 5000) == first)
    #expect(Delivered(seed: 4, between: [.nic: 50, .timer: 200], points: 5000) != first)
  }

  /// Each event is 4 times its point, and its source.
  @Test("a seed means the same places for ever")
  func golden() {
    let delivered = Delivered(seed: 3, between: [.nic: 50, .timer: 200], points: 500)
    #expect(
      delivered.events
        == [276, 328, 484, 800, 904, 964, 1172, 1254, 1292, 1310, 1536, 1848])
  }

  @Test("every place in a loop is as likely as any other", arguments: [UInt64(1), 2, 3])
  func evenly(seed: UInt64) {
    let machine = Machine.small(cpus: 1, seed: seed)
    let place = machine.word()
    let counts = machine.arena.table(of: Int.self, count: Self.places)
    machine.setHandler(ClosureHandler { _ in counts[place[0]] += 1 }, for: .nmi)
    machine.setPointsBetween(.nmi, 40)
    let cells = (machine.word(), machine.word())
    let lock = machine.makeLock(TestNames.first, instance: 0)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      for _ in 0..<100_000 {
        place[0] = 0
        _ = cells.0.marked(0).read(cpu)
        place[0] = 1
        cells.0.plain(0).write(cpu, 1)
        place[0] = 2
        cells.1.marked(0).add(cpu, 1)
        place[0] = 3
        lock.lockIRQSave(cpu)
        place[0] = 4
        cells.1.plain(0).add(cpu, 1)
        place[0] = 5
        lock.unlockIRQRestore(cpu)
      }
    }
    let points = [1.0, 1, 2, 2, 2, 2]
    let delivered = (0..<Self.places).map { Double(counts[$0]) }
    let each = delivered.reduce(0, +) / points.reduce(0, +)
    let chiSquare = zip(delivered, points).reduce(0) { sum, pair in
      sum + (pair.0 - each * pair.1) * (pair.0 - each * pair.1) / (each * pair.1)
    }
    // 5 degrees of freedom: once in 1 000 above 20.5, and gaps are more even than by chance.
    #expect(each > 2000 && chiSquare < 20.5)
  }

  private static var places: Int { 6 }

  /// Something that passes a number of points whatever it finds.
  struct Piece: Sendable, CustomStringConvertible {
    let description: String
    let points: Int
    let run: @Sendable (CPU, Table<Int>, SpinLock) -> Void
  }

  private static let pieces = [
    Piece(description: "add to a plain word", points: 2) { cpu, word, _ in word.plain(0).add(cpu, 1)
    },
    Piece(description: "add to a marked word", points: 2) { cpu, word, _ in
      word.marked(0).add(cpu, 1)
    },
    Piece(description: "lock and unlock", points: 4) { cpu, _, lock in
      lock.lockIRQSave(cpu)
      lock.unlockIRQRestore(cpu)
    },
    Piece(description: "three writes", points: 3) { cpu, word, _ in
      cpu.passing(3) { cpu in for value in 0..<3 { word.plain(0).write(cpu, value) } }
    },
  ]

  @Test("points passed at once are those that an interrupt can come at", arguments: pieces)
  func passedAtOnce(_ piece: Piece) {
    let machine = Machine.small(cpus: 1)
    let (word, lock) = (machine.word(), machine.makeLock(TestNames.first, instance: 0))
    machine.runAlone { cpu in
      cpu.record.pointee.attention.store(Attention.points, ordering: .relaxed)
      defer { cpu.record.pointee.attention.store(0, ordering: .relaxed) }
      let before = cpu.record.pointee.pointsLeft
      piece.run(cpu, word, lock)
      #expect(before - cpu.record.pointee.pointsLeft == Int64(piece.points))
    }
    machine.setPointsBetween(.nmi, 1)
    _ = NativeMachine(machine).run(limits: .patient) { piece.run($0, word, lock) }
    #expect(machine.interrupts(.nmi).delivered == UInt64(piece.points))
  }

  @Test("each source comes about as often as asked", arguments: [UInt64(1), 2, 3])
  func rates(seed: UInt64) {
    let delivered = Delivered(seed: seed, between: [.nic: 50, .timer: 200], points: 100_000)
    #expect(abs(delivered.count(of: .nic) - 2000) < 150)
    #expect(abs(delivered.count(of: .timer) - 500) < 75)
    #expect(delivered.count(of: .block) == 0)
  }

  @Test("a mean of one interrupts at every point")
  func everyPoint() {
    let delivered = Delivered(seed: 1, between: [.block: 1], points: 100)
    #expect(delivered.events == (0..<100).map { $0 * 4 + InterruptSource.block.rawValue })
  }

  @Test("without a rate nothing comes", arguments: [[:], [InterruptSource.nic: 0]])
  func off(between: [InterruptSource: Int]) {
    #expect(Delivered(seed: 1, between: between, points: 1000).events.isEmpty)
  }

  @Test("an interrupt never comes in a section with interrupts off, but right after it")
  func sectionsWithInterruptsOff() {
    let machine = Machine.small(cpus: 1)
    let inside = machine.word()
    let seen = EventLog(machine, capacity: 10_000)
    machine.setHandler(ClosureHandler { _ in seen.note(inside[0]) }, for: .nic)
    machine.setPointsBetween(.nic, 7)
    let cell = machine.word().marked(0)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      for _ in 0..<2000 {
        cpu.disableInterrupts()
        inside[0] = 1
        _ = cell.read(cpu)
        _ = cell.read(cpu)
        cell.write(cpu, 1)
        inside[0] = 0
        cpu.enableInterrupts()
      }
    }
    #expect(seen.events.count > 500)
    #expect(!seen.events.contains(1))
    #expect(machine.interrupts(.nic).deferred > 200)
    #expect(machine.interrupts(.nic).delivered == UInt64(seen.events.count))
  }

  @Test("an interrupt from another processor comes to the one it was sent to, once")
  func interProcessor() {
    let machine = Machine.small(cpus: 3)
    let counts = machine.arena.table(of: Int.self, count: 3)
    let done = machine.word()
    machine.setHandler(
      ClosureHandler { _ = counts.atomic($0.id).add($0, 1) }, for: .interProcessor)
    // Points delivery is on, though hardly anything comes by itself.
    machine.setPointsBetween(.timer, 1_000_000_000)
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      if cpu.id == 0 { cpu.interruptCPU(2) }
      while done.marked(0).read(cpu) == 0 {
        if cpu.id == 2 && counts.marked(2).read(cpu) > 0 { done.marked(0).write(cpu, 1) }
        cpu.relax()
      }
    }
    #expect(outcome.stuck.isEmpty)
    #expect((0..<3).map { counts[$0] } == [0, 0, 1])
    #expect(machine.interrupts(.interProcessor).delivered == 1)
  }
}

/// The interrupts that came to one CPU which passed so many points: source and point of each.
private struct Delivered: Equatable {
  let events: [Int]

  init(seed: UInt64, between: [InterruptSource: Int], points: Int) {
    let machine = Machine.small(cpus: 1, seed: seed)
    let now = machine.word()
    let log = EventLog(machine, capacity: 5000)
    for source in InterruptSource.allCases {
      machine.setPointsBetween(source, between[source] ?? 0)
      machine.setHandler(
        ClosureHandler { _ in log.note(now[0] * 4 + source.rawValue) }, for: source)
    }
    let cell = machine.word().marked(0)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      for point in 0..<points {
        now[0] = point
        _ = cell.read(cpu)
      }
    }
    events = log.events
  }

  func count(of source: InterruptSource) -> Int {
    events.filter { $0 % 4 == source.rawValue }.count
  }
}
