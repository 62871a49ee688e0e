// The network's workloads.

/// Receiving through page_pools, and serving sunrpc requests.
let networkKinds: [WorkloadKind] = [
  WorkloadKind(
    name: "pagePool", family: "network", kernelCaller: "__page_pool_alloc_netmems_slow",
    summary: "Polls a receive queue: 64 pages at a time from a softirq, freed elsewhere or reused.",
    parameters: [
      WorkloadParameter(
        "packetsMax", 1...300, standard: 64, inSchedules: .atMost(2), "packets of one poll at most")
    ],
    make: { PagePoolWorkload($0, $1, cpu: $2, index: $3) }),
  WorkloadKind(
    name: "sunrpc", family: "network", kernelCaller: "svc_alloc_arg",
    summary: "Refills the holes of an array of pages until it is full; waits when nothing comes.",
    parameters: [
      WorkloadParameter(
        "pages", 2...1024, standard: 259, inSchedules: .atMostRequest,
        "pages of a request's array"),
      WorkloadParameter(
        "waitsMax", 0...1000, standard: 4, inSchedules: .atMost(1),
        "waits for memory before an operation gives up"),
    ],
    make: { Sunrpc($0, $1, cpu: $2, index: $3) },
    privateByteCount: Sunrpc.privateByteCount),
]
