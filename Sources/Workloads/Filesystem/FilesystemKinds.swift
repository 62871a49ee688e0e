// The filesystems' workloads.

/// Metadata arrays of btrfs, and the page cache.
let filesystemKinds: [WorkloadKind] = [
  WorkloadKind(
    name: "btrfs", family: "filesystem", kernelCaller: "btrfs_alloc_page_array",
    summary: "Fills arrays of 1 to 64 pages completely, or gives back all that it got.",
    parameters: [
      WorkloadParameter(
        "arrays", 1...256, standard: 16, inSchedules: .atMost(2), "arrays held at most"),
      WorkloadParameter(
        "pages", 1...64, standard: 64, inSchedules: .atMostRequest, "pages of an array at most"),
      WorkloadParameter(
        "prefilledPercent", 0...100, standard: 20, "arrays in 100 that start with some pages"),
    ],
    make: { BtrfsPageArray($0, $1, cpu: $2, index: $3) },
    privateByteCount: BtrfsPageArray.privateByteCount),
  WorkloadKind(
    name: "pageCache", family: "filesystem", kernelCaller: "page_cache_ra_order",
    summary: "Reads, looks up without locks, writes back and evicts folios of a shared page cache.",
    parameters: [
      WorkloadParameter(
        "orderMax", 0...5, standard: 5, inSchedules: .atMost(2), "largest order of a folio"),
      WorkloadParameter(
        "references", 1...256, standard: 16, inSchedules: .atMost(4),
        "folios that a reader refers to at most"),
      WorkloadParameter(
        "holdOperations", 0...64, standard: 4, inSchedules: .atMost(1),
        "operations that a reference is held for at most"),
    ],
    make: { PageCache($0, $1, cpu: $2, index: $3) },
    privateByteCount: PageCache.privateByteCount),
]
