// Simulated interrupts come wherever they are on, as often as the budget says, and nowhere else.

import Testing

@testable import Machine

struct SimulatedInterruptTests {
  @Test("an interrupt comes at every point with interrupts on, and at none with them off")
  func onlyWhereOn() throws {
    let two = try TwoCPUs(.all, interrupts: [.nic: 1])
    let place = two.machine.arena.table(of: Int.self, count: 16)
    var seen = Set<Int>()
    two.machine.setHandler(ClosureHandler { seen.insert(place[$0.id * 8]) }, for: .nic)
    let schedules = two.exhaust { cpu in
      if cpu.id == 1 { return }
      place[0] = 1
      _ = two.word.marked(0).read(cpu)
      place[0] = 2
      cpu.disableInterrupts()
      place[0] = 3
      two.word.plain(0).write(cpu, 1)
      two.word.marked(0).write(cpu, 2)
      place[0] = 4
      cpu.enableInterrupts()
      place[0] = 5
      _ = two.word.plain(0).read(cpu)
      place[0] = 0
    }
    #expect(seen == [1, 2, 5])
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("no more interrupts come than the budget has", arguments: 0...3)
  func budget(budget: Int) throws {
    let two = try TwoCPUs(.sync, interrupts: [.timer: budget])
    var most = 0
    var came = 0
    two.machine.setHandler(ClosureHandler { _ in came += 1 }, for: InterruptSource.timer)
    for seed in UInt64(0)..<200 {
      came = 0
      _ = two.walk(seed: seed) { cpu in
        for _ in 0..<10 { two.word.marked(0).add(cpu, 1) }
      }
      most = max(most, came)
    }
    #expect(most == budget)
  }

  @Test("an interrupt runs on the CPU it cuts into, between two of its operations")
  func betweenOperations() throws {
    let two = try TwoCPUs(.all, interrupts: [.block: 1])
    two.machine.setHandler(
      ClosureHandler { two.word.plain(0).add($0, 1) }, for: InterruptSource.block)
    var totals = Set<Int>()
    _ = two.exhaust { cpu in
      if cpu.id == 0 { two.word.plain(0).add(cpu, 1) }
    } atEnd: { _ in
      totals.insert(two.word[0] * 10 + Int(two.machine.interrupts(.block).delivered))
    }
    // Not at all, in the middle of the task's read and write, before or after.
    #expect(totals == [10, 11, 21])
  }

  @Test("with interrupts off around them, a handler never sees one of two writes without the other")
  func masked() throws {
    let two = try TwoCPUs(.all, interrupts: [.block: 1])
    var seen = Set<Int>()
    two.machine.setHandler(
      ClosureHandler { seen.insert(two.word.plain(0).read($0)) }, for: InterruptSource.block)
    _ = two.exhaust { cpu in
      if cpu.id == 1 { return }
      cpu.disableInterrupts()
      two.word.plain(0).write(cpu, 1)
      two.word.plain(0).write(cpu, 2)
      cpu.enableInterrupts()
      _ = two.word.plain(0).read(cpu)
    }
    #expect(seen == [0, 2])
  }

  @Test("an interrupt from another CPU needs no budget, and comes after it was sent")
  func interProcessor() throws {
    let two = try TwoCPUs(.sync)
    var ids: [Int] = []
    var early = 0
    two.machine.setHandler(
      ClosureHandler { cpu in
        ids.append(cpu.id)
        if two.word.marked(0).atRest == 0 { early += 1 }
      }, for: .interProcessor)
    _ = two.exhaust { cpu in
      if cpu.id == 0 {
        two.word.marked(0).write(cpu, 1)
        cpu.interruptCPU(1)
      } else {
        _ = two.word.marked(0).read(cpu)
        _ = two.word.marked(0).read(cpu)
      }
    }
    #expect(!ids.isEmpty)
    #expect(ids.allSatisfy { $0 == 1 })
    #expect(early == 0)
  }

  @Test("an interrupt that waits for the lock its CPU holds is a deadlock")
  func selfDeadlock() throws {
    let two = try TwoCPUs(.sync, interrupts: [.nic: 1])
    two.machine.setHandler(
      ClosureHandler { cpu in
        two.first.lock(cpu)
        two.first.unlock(cpu)
      }, for: .nic)
    let open = two.exhaust { cpu in
      if cpu.id == 1 { return }
      two.first.lock(cpu)
      two.first.unlock(cpu)
    }
    #expect(open.contains { $0.end == .deadlock })
    #expect(open.contains { $0.end == .complete })
    let masked = two.exhaust { cpu in
      if cpu.id == 1 { return }
      two.first.lockIRQSave(cpu)
      two.first.unlockIRQRestore(cpu)
    }
    #expect(masked.allSatisfy { $0.end == .complete })
  }

  @Test("a wake from an interrupt wakes the CPU that it cut into")
  func wakeFromInterrupt() throws {
    let two = try TwoCPUs(.sync, interrupts: [.nic: 1])
    let word = two.machine.atomic("word")
    two.simulated.captureStart()
    two.machine.setHandler(
      ClosureHandler { cpu in
        _ = word.add(cpu, 1)
        word.wake(cpu)
      }, for: .nic)
    var delivered = Set<Int>()
    let schedules = two.exhaust { cpu in
      if cpu.id == 0 { word.wait(cpu, while: 0) }
    } atEnd: { _ in
      delivered.insert(Int(two.machine.interrupts(.nic).delivered))
    }
    // Whatever comes first: it waits until the interrupt comes, to itself or to the other CPU.
    #expect(delivered == [1])
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("an interrupt that wakes nobody leaves the CPU that it cut into waiting")
  func interruptDuringWait() throws {
    let two = try TwoCPUs(.sync, interrupts: [.timer: 1])
    let word = two.machine.atomic("word")
    two.simulated.captureStart()
    two.machine.setHandler(ClosureHandler { _ = word.read($0) }, for: InterruptSource.timer)
    let schedules = two.exhaust { cpu in
      if cpu.id == 0 {
        word.wait(cpu, while: 0)
      } else {
        _ = word.add(cpu, 1)
        word.wake(cpu)
      }
    }
    #expect(schedules.allSatisfy { $0.end == .complete })
    let nobodyWakes = two.exhaust { cpu in
      if cpu.id == 0 { word.wait(cpu, while: 0) }
    }
    #expect(nobodyWakes.allSatisfy { $0.end == .deadlock })
  }
}
