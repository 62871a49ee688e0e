// Where a CPU is that does not get on, asked from outside: it tells at its next point.

import Glibc
import Synchronization

/// What is known of a CPU when a run is stuck.
public struct CPUPlace: Sendable, Equatable {
  /// The CPU.
  public var cpu: Int
  /// True if its code has ended.
  public var hasEnded: Bool
  /// Nanoseconds since its last sign of progress, to about 10 ms.
  public var silentNanoseconds: UInt64
  /// Where it was at some points within a few milliseconds, in the kernel's names, each once, as it
  /// came to them; empty if it came to no point.
  public var sites: [String] = []
  /// Its context at the last of them: task, softirq, hardirq, nmi; empty if there was none.
  public var context = ""
}

extension Machine {
  /// How often a CPU is asked, and how often at most where one has not answered yet: its thread
  /// may have to wait for a processor.
  private static let looks = 8
  private static let looksMax = 2_000

  /// Asks CPUs where they are and fills that in.
  func locate(_ places: inout [CPUPlace]) {
    for look in 0..<Self.looksMax {
      if look >= Self.looks && places.allSatisfy({ $0.hasEnded || !$0.sites.isEmpty }) { return }
      for place in places where !place.hasEnded {
        records[place.cpu].located.store(0, ordering: .relaxed)
        records[place.cpu].attention.bitwiseOr(Attention.locate, ordering: .releasing)
      }
      usleep(1000)
      for index in places.indices where !places[index].hasEnded { note(&places[index]) }
    }
  }

  private func note(_ place: inout CPUPlace) {
    let told = records[place.cpu].located.load(ordering: .acquiring)
    if told == 0 { return }
    let site = catalog.name(Site(UInt16(truncatingIfNeeded: told)))
    if !place.sites.contains(site) { place.sites.append(site) }
    let context = ContextKind(rawValue: UInt8(truncatingIfNeeded: told >> 16)) ?? .task
    place.context = "\(context)"
  }
}

extension CPU {
  /// Tells where the CPU is.
  func tellPlace(_ site: Site) {
    record.pointee.attention.bitwiseAnd(~Attention.locate, ordering: .relaxed)
    let context = UInt32(record.pointee.context.rawValue)
    record.pointee.located.store(
      1 << 31 | context << 16 | UInt32(site.rawValue), ordering: .releasing)
  }
}
