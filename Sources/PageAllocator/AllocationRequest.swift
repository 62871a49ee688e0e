// A request for pages, whole: what is asked for, from where, and from which site.
//
// Models  struct alloc_context, mm/internal.h, 7.3.

import Machine

/// What stays the same during one allocation.
struct AllocationRequest: BitwiseCopyable {
  let gfp: GFP
  let order: Order
  /// The node that is looked at first.
  let node: Int
  /// True if that is the CPU's own because the caller named none.
  let isLocal: Bool
  /// The site that asked: what listeners are told.
  let asker: Site

  /// - Parameter node: where to look first; nil for the own node of `caller`.
  @inline(always) init(
    _ allocator: PageAllocator, _ caller: CPU, _ gfp: GFP, _ order: Order, node: Int?
  ) {
    self.gfp = gfp
    self.order = order
    self.node = node ?? allocator.node(ofCPU: caller.id)
    isLocal = node == nil
    asker = caller.site
  }

  @inline(always) var type: Migratetype { gfp.migratetype }
  @inline(always) var highest: ZoneKind { gfp.highestZone }
  /// Where the request may be served from.
  ///
  /// Looked up where it is needed: a page from the nearest zone does not need it, and carrying it
  /// there took 13 instructions of the 280 of a pair (`bench --pattern repeat` under callgrind).
  @inline(always) func zonelist(_ allocator: PageAllocator) -> Zonelist {
    allocator.zonelists.list(node: node, highest: highest)
  }
}
