// Threads start together, or not at all.

import Glibc
import Synchronization
import Testing

@testable import Machine

struct ThreadTeamTests {
  @Test(
    "each thread of a team runs once, none before the gate opens",
    arguments: [0, 1, 200, ThreadTeam.countMax])
  func together(count: Int) throws {
    let runs = (0..<count).map { _ in Counter() }
    let team = try ThreadTeam(count) { runs[$0].add() }
    #expect(runs.allSatisfy { $0.value == 0 })
    #expect(count == 0 || !team.wait(until: .now()))
    team.open()
    #expect(team.wait())
    #expect(runs.allSatisfy { $0.value == 1 })
  }

  @Test("teams that together want more threads than there are run one after the other")
  func turns() throws {
    let runs = Counter()
    runSideBySide(3) { _ in
      let team = try? ThreadTeam(120) { _ in runs.add() }
      team?.open()
      _ = team?.wait()
    }
    #expect(runs.value == 360)
  }

  @Test("more threads than Dispatch has are an error with its number")
  func tooMany() {
    #expect(throws: NoThreads(wanted: 256, made: 255)) { try ThreadTeam(256) { _ in } }
  }

  @Test("threads that the system does not make are an error with both numbers")
  func tooFew() async {
    await #expect(processExitsWith: .exitCode(7)) {
      Self.leaveLittleRoom()
      do throws(NoThreads) {
        _ = try ThreadTeam(1000) { _ in exit(1) }
      } catch {
        exit(error.wanted == 1000 && (0..<1000).contains(error.made) ? 7 : 1)
      }
      exit(0)
    }
  }

  @Test("a run that does not get its threads ends the process with one line and status 2")
  func run() async {
    let result = await #expect(
      processExitsWith: .exitCode(2), observing: [\.standardErrorContent]
    ) {
      let machine = Machine.small(cpus: Machine.cpuCountMax)
      let native = NativeMachine(machine)
      Self.leaveLittleRoom()
      _ = native.run(limits: .patient) { _ in exit(1) }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("pagetorture: not enough threads: 255 are wanted, and the system makes no more")
    )
  }

  /// Limits the address space of the process to a few stacks more than it has.
  private static func leaveLittleRoom() {
    var text = [UInt8](repeating: 0, count: 256)
    let file = open("/proc/self/statm", O_RDONLY)
    let length = read(file, &text, text.count)
    close(file)
    let pages = String(decoding: text.prefix(max(length, 0)), as: UTF8.self).split(separator: " ")
    let bytes = rlim_t((Int(pages.first ?? "") ?? 0) * 4096 + (48 << 20))
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  }
}

/// A number that threads count up.
private final class Counter: Sendable {
  private let count = Atomic(0)
  func add() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}
