// The workloads of the kernel itself.

let kernelKinds: [WorkloadKind] = [
  WorkloadKind(
    name: "slab", family: "kernel", kernelCaller: "allocate_slab",
    summary: "Holds a slowly changing set of unmovable and reclaimable slabs of 1 to 8 pages.",
    parameters: [
      WorkloadParameter(
        "slabs", 1...1_048_576, standard: 512, inSchedules: .atMost(8), "slabs held at most"),
      WorkloadParameter(
        "atomicPercent", 0...100, standard: 15, "requests that cannot wait, percent"),
      WorkloadParameter(
        "reclaimablePercent", 0...100, standard: 30, "slabs that shrink, percent"),
      WorkloadParameter(
        "handOverPercent", 0...100, standard: 10, "slabs freed on another CPU, percent"),
    ],
    make: { SlabUser($0, $1, cpuID: $2, index: $3) },
    privateByteCount: SlabUser.privateByteCount),
  WorkloadKind(
    name: "vmalloc", family: "kernel", kernelCaller: "vm_area_alloc_pages",
    summary: "Fills areas of single pages, 100 in a call, some of them charged.",
    parameters: [
      WorkloadParameter(
        "areas", 1...256, standard: 32, inSchedules: .atMost(2), "areas held at most"),
      WorkloadParameter(
        "pages", 1...1024, standard: 256, inSchedules: .atMostRequest, "pages of an area at most"),
      WorkloadParameter("accountPercent", 0...100, standard: 25, "charged areas, percent"),
    ],
    make: { VmallocUser($0, $1, cpuID: $2, index: $3) },
    privateByteCount: VmallocUser.privateByteCount),
  WorkloadKind(
    name: "dmaBuffers", family: "kernel", kernelCaller: "dma_direct_alloc_pages",
    summary: "Holds buffers of 1 to 8 pages for devices that reach the DMA or DMA32 zone only.",
    parameters: [
      WorkloadParameter(
        "buffers", 1...65_536, standard: 64, inSchedules: .atMost(8), "buffers held at most"),
      WorkloadParameter("narrowPercent", 0...100, standard: 10, "buffers for ZONE_DMA, percent"),
    ],
    make: { DMABuffers($0, $1, cpuID: $2, index: $3) },
    privateByteCount: DMABuffers.privateByteCount),
  WorkloadKind(
    name: "pageOffliner", family: "kernel", kernelCaller: "soft_offline_page",
    summary: "Takes random free pages off the buddy lists and puts them back later.",
    parameters: [
      WorkloadParameter(
        "frames", 1...4096, standard: 32, inSchedules: .atMost(4), "pages held at most"),
      WorkloadParameter(
        "attempts", 1...64, standard: 4, inSchedules: .atMost(4), "frames tried in one operation"),
      WorkloadParameter(
        "drainPercent", 0...100, standard: 5, inSchedules: .atLeast(25),
        "operations that drain lists before, percent"),
    ],
    make: { PageOffliner($0, $1, cpuID: $2, index: $3) },
    privateByteCount: PageOffliner.privateByteCount),
  WorkloadKind(
    name: "vmstatWorker", family: "kernel", kernelCaller: "vmstat_update",
    summary: "Decays the per-CPU lists of one CPU after another, and drains some.",
    parameters: [
      WorkloadParameter(
        "drainPercent", 0...100, standard: 5, inSchedules: .atLeast(25),
        "visits that drain a random CPU, percent"),
      WorkloadParameter(
        "drainAllPerMille", 0...1000, standard: 5, inSchedules: .atLeast(120),
        "visits that drain all CPUs, per mille"),
      WorkloadParameter(
        "waitRounds", 0...1_000_000, standard: 16, inSchedules: .atMost(0),
        "turns given away between two visits"),
    ],
    make: { VmstatWorker($0, $1, cpuID: $2, index: $3) }, isKernelThread: true),
]
