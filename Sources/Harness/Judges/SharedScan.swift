// One scan of the machine at rest for all judges that go by it.

import Checker
import Machine
import PageAllocator

/// A scan that is made once at each moment, whichever judges ask for it.
final class SharedScan {
  let zones: ZoneScan
  private let watch: ReserveWatch
  private let types: ListTypeWatch?
  private var isMade = false
  private var broken: [Finding] = []

  /// Listens from now on, beside the judges of events that are there already.
  init(_ scene: JudgeScene) {
    watch = ReserveWatch(scene.allocator)
    // A recorded machine starts with pages on lists.
    types = scene.plan.allocator.start == nil ? ListTypeWatch(scene.allocator) : nil
    zones = ZoneScan(
      scene.allocator, scene.machine, ledger: scene.ledger, watch: watch, grants: scene.grants,
      types: types)
    scene.allocator.subscribe(watch)
    if let types { scene.allocator.subscribe(types) }
    zones.captureStart()
  }

  func beginSchedule() {
    watch.reset()
    types?.reset()
    zones.beginSchedule()
  }

  /// Another moment: the last scan tells nothing of it.
  func forget() { isMade = false }

  /// What the scan of this moment found.
  func findings() -> [Finding] {
    if !isMade {
      broken = zones.scan()
      isMade = true
    }
    return broken
  }
}
