// Turns any schedule, whatever strategy decides it, into its deviations from the default schedule.

import Machine

/// An observer that notes where a schedule leaves the default one, its fair part included.
public final class DeviationRecorder: ScheduleObserver {
  /// The deviations in the order in which they were made.
  public private(set) var deviations: [Deviation] = []
  /// How many of them were made before the machine gave everybody fair turns.
  public private(set) var countBeforeFairPart = 0
  /// The step, from 1, at which the last of them was made; 0 if there is none.
  public private(set) var lastStep = 0
  /// Decisions after which another CPU went on than before, or an interrupt came.
  public private(set) var switches = 0
  /// How many points each CPU passed in all.
  public private(set) var pointsOfCPUs: [Int] = []

  public override var interest: ScheduleInterest { .choices }

  public override func begin(_ view: ScheduleView) {
    deviations.removeAll(keepingCapacity: true)
    countBeforeFairPart = 0
    switches = 0
    lastStep = 0
  }

  public override func rest(_ view: ScheduleView) {
    pointsOfCPUs = (0..<view.cpuCount).map { view.localPoints($0) }
  }

  public override func decide(_ choice: ScheduleChoice, _ view: ScheduleView) {
    if view.current >= 0 && (choice.delivery != 0 || Int(choice.cpu) != view.current) {
      switches += 1
    }
    if choice == view.defaultChoice { return }
    deviations.append(Deviation(cpu: view.current, point: view.placePoint, to: choice))
    lastStep = view.points
    if !view.isInFairPart { countBeforeFairPart = deviations.count }
  }
}
