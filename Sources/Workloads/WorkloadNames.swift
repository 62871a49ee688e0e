// The workloads' own sites, counters and lock classes.

import Machine

/// Functions of the callers, as sites.
public enum WorkloadSite: UInt16, CaseIterable, Sendable {
  case mailboxSend = 80
  case mailboxReceive, pagePoolRefill, pagePoolPut, napiPoll, nicInterrupt, blockInterrupt
  case timerInterrupt, ipiInterrupt, svcAllocArg, svcRelease, btrfsAllocPageArray
  case pageCacheRead, pageCacheLookup, pageCacheEvict, pageCacheWriteback
  case anonymousFault, munmap, slabAlloc, offlinePages, vmstatWorker, traceReplay, pageTableAlloc
  case rcuCallbacks, vmalloc, vfree, nmiProgram, dmaAlloc

  /// The kernel function that the site stands for.
  public var kernelName: String {
    switch self {
    case .mailboxSend: "mailbox_send"
    case .mailboxReceive: "mailbox_receive"
    case .pagePoolRefill: "__page_pool_alloc_pages_slow"
    case .pagePoolPut: "page_pool_put_page"
    case .napiPoll: "napi_poll"
    case .nicInterrupt: "nic_interrupt"
    case .blockInterrupt: "blk_mq_complete_request"
    case .timerInterrupt: "timer_interrupt"
    case .ipiInterrupt: "call_function_interrupt"
    case .svcAllocArg: "svc_alloc_arg"
    case .svcRelease: "svc_rqst_release_pages"
    case .btrfsAllocPageArray: "btrfs_alloc_page_array"
    case .pageCacheRead: "page_cache_ra_order"
    case .pageCacheLookup: "filemap_get_entry"
    case .pageCacheEvict: "shrink_folio_list"
    case .pageCacheWriteback: "folio_end_writeback"
    case .anonymousFault: "do_anonymous_page"
    case .munmap: "tlb_batch_pages_flush"
    case .slabAlloc: "alloc_slab_page"
    case .offlinePages: "soft_offline_page"
    case .vmstatWorker: "vmstat_update"
    case .traceReplay: "trace_replay"
    case .pageTableAlloc: "pte_alloc_one"
    case .rcuCallbacks: "rcu_do_batch"
    case .vmalloc: "vm_area_alloc_pages"
    case .vfree: "vfree"
    case .nmiProgram: "bpf_overflow_handler"
    case .dmaAlloc: "dma_direct_alloc_pages"
    }
  }
}

/// What workloads count.
public enum WorkloadCounter: UInt16, CaseIterable, Sendable {
  case operations = 100
  case bulkFull, bulkPartial, bulkFailed
  case allocationFailed, handedOver, handOverRefused
  case pagePoolFast, pagePoolSlow, softirqPackets
  case sunrpcWaits, btrfsRollbacks, cacheHits, cacheMisses, cacheEvictions, cacheSpeculativeMiss
  case hugeFaults, hugeFallbacks, framesOfflined, offlineMissed, softirqFrees, hardirqFrees
  case sunrpcStalls, vmallocSingles, nmiAllocations, nmiFrees, dmaBuffers

  /// The counter for machine records.
  public var id: CounterID { CounterID(rawValue) }

  /// `bulkFull` becomes `bulk-full`.
  public var name: String {
    var text = ""
    for character in String(describing: self) {
      if character.isUppercase { text += "-" }
      text += character.lowercased()
    }
    return text
  }
}

/// The workloads' locks besides mailboxes (2).
public enum WorkloadLockClass: UInt8, CaseIterable, Sendable {
  case mailbox = 2
  case pageCache, lru, pagePoolRing, blockCompletions

  /// The name in reports.
  public var name: String {
    switch self {
    case .mailbox: "mailbox->lock"
    case .pageCache: "xa_lock"
    case .lru: "lruvec->lru_lock"
    case .pagePoolRing: "ptr_ring->lock"
    case .blockCompletions: "blk_cpu_done"
    }
  }
}

extension Catalog {
  /// Adds the workloads' names.
  public mutating func addWorkloads() {
    add(sites: WorkloadSite.allCases.map { ($0.rawValue, $0.kernelName) })
    add(counters: WorkloadCounter.allCases.map { ($0.rawValue, $0.name) })
    add(lockClasses: WorkloadLockClass.allCases.map { ($0.rawValue, $0.name) })
  }
}

extension CPU {
  /// The same CPU, at a function of a workload.
  @inline(__always) func at(_ site: WorkloadSite) -> CPU { at(Site(site.rawValue)) }

  /// Counts what a workload did.
  @inline(__always) func count(_ counter: WorkloadCounter, _ amount: Int = 1) {
    count(counter.id, amount)
  }
}
