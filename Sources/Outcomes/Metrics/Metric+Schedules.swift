// The metrics of explorations and replays.

extension Metric {
  /// Schedules a second of wall time.
  public static let schedulesPerSecond = Metric(
    exploration: "schedules-per-second", .perSecond, .higher
  ) { header, body in
    rate(Double(body.campaign.schedules), header)
  }

  /// Scheduling points a second of wall time.
  public static let pointsPerSecond = Metric(
    exploration: "points-per-second", .perSecond, .higher
  ) { header, body in
    rate(Double(body.campaign.points), header)
  }

  static let ofSchedules: [Metric] = [
    schedulesPerSecond, pointsPerSecond,
    Metric(exploration: "interleavings", .count, .higher) { _, body in
      Double(body.campaign.interleavings)
    },
    Metric(exploration: "unseen-mass", .ratio, .lower) { _, body in body.campaign.unseenMass },
    Metric(exploration: "cut-share", .ratio, .lower) { _, body in
      share(Double(body.campaign.cut), of: Double(body.campaign.schedules))
    },
    Metric(exploration: "complete-bound", .count, .higher) { _, body in
      body.systematic?.completeBound.map { Double($0) }
    },
    Metric(exploration: "schedules-to-finding", .count, .lower) { _, body in
      body.campaign.seen.first.map { Double($0.firstSchedule) + 1 }
    },
    Metric(exploration: "shrink-replays", .count, .lower) { _, body in
      body.found.map { Double($0.replays) }
    },
    Metric("switches", .count, .lower) { outcome in
      (outcome.replay?.switches ?? outcome.exploration?.found?.switches).map { Double($0) }
    },
    Metric("steps", .count, .lower) { outcome in
      let shown = outcome.replay?.interleaving ?? outcome.exploration?.found?.interleaving
      return shown.map { Double($0.steps.count) + Double($0.stepsDropped) }
    },
  ]
}
