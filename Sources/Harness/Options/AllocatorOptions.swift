// The sections `allocator` and `policies` of a config: the allocator's tunables.

import JSON5
import PageAllocator

extension AllocatorTunables {
  static let section = ConfigurationSection(
    "allocator", AllocatorTunables(),
    [
      .option(
        "batchScaleMax", \.batchScaleMax, .int(in: 0...6),
        "a refill and a give-back take at most batch << batchScaleMax pages"
          + " (CONFIG_PCP_BATCH_SCALE_MAX)"),
      .option(
        "watermarkBoostFactor", \.watermarkBoostFactor, .int(in: 0...1_000_000, "1/10000"),
        "limit of a boosted watermark, of the high mark (vm.watermark_boost_factor);"
          + " 0 for no boost"),
      .option(
        "watermarkScaleFactor", \.watermarkScaleFactor, .int(in: 1...3000, "1/10000"),
        "distance between watermarks, of the zone (vm.watermark_scale_factor)"),
      .optional(
        "minFreeKBytes", \.minFreeKBytes, .int(in: 128...1 << 30, "KiB"), default: "from memory",
        "vm.min_free_kbytes"),
      .option(
        "perCPUHighFraction", \.perCPUHighFraction, .int(in: 0...1000),
        "fixes the length of per-CPU lists at this fraction of a zone, divided by its CPUs"
          + " (vm.percpu_pagelist_high_fraction); 0 for auto-tuned lengths"),
      .option(
        "lowmemReserveRatio", \.lowmemReserveRatio, .reserveRatios,
        "what zones DMA, DMA32, Normal, Movable keep from requests that could have come from"
          + " higher ones (vm.lowmem_reserve_ratio); 0 for nothing; at most four"),
      .optional(
        "batch", \.perCPUBatch, .int(in: 1...batchMax, "pages"), default: "from the zone",
        "pages of a refill; overrides the computed value in all zones"),
      .optional(
        "high", \.perCPUHigh, .int(in: 0...1 << 30, "pages"), default: "from the zone",
        "length of per-CPU lists; fixes it in all zones"),
      .option(
        "freeHighBatch", \.freeHighBatch, .bool,
        "whether a CPU keeps a batch when blocks of order 1 to 3 are given back: true on a CPU"
          + " with a large cache (PCPF_FREE_HIGH_BATCH)"),
      .option(
        "groupByMobility", \.groupByMobility, .bool,
        "whether pageblocks keep types apart (page_group_by_mobility)"),
    ])

  /// Semantics that can be compared, each a named alternative.
  static let policies = ConfigurationSection(
    "policies", AllocatorTunables(),
    [
      .option(
        "pcpProtection", \.perCPUProtection, .named(PerCPUProtection.allCases) { $0.name },
        "how the per-CPU lists are protected"),
      .option(
        "bulkSource", \.bulkSource, .named(BulkSource.allCases) { $0.name },
        "where a bulk call gets its pages"),
    ])
}

extension ConfigurationForm where Value == [Int] {
  /// A ratio for each kind of zone.
  fileprivate static var reserveRatios: Self {
    let form = list(of: .int(in: 0...1_000_000))
    return form.refusing { ratios in
      if ratios.count <= 4 { return nil }
      return ConfigurationComplaint(
        "more than four ratios", hint: "one each for DMA, DMA32, Normal, Movable")
    }.told(
      range: "0 ... 1000000 each",
      ends: [[], [Int](repeating: 0, count: 4), [Int](repeating: 1_000_000, count: 4)])
  }
}
