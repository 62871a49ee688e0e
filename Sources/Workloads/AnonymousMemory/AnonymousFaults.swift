// A process that touches new memory, unmaps it, forks and exits.
//
// Models  do_anonymous_page(), alloc_anon_folio(), do_huge_pmd_anonymous_page(), pte_alloc_one(),
//         mm/memory.c and mm/huge_memory.c; alloc_pages_exact() of drivers, mm/page_alloc.c, 7.3.
// Omits   Charging of folios, swap, copy on write, khugepaged.
// Rule    A fault asks for the largest order that its drawn alignment allows and falls back order
//         by order to a single page.  A reference passed on is dropped on the CPU it went to.

import Machine
import PageAllocator

/// The `anonymousFaults` workload.
final class AnonymousFaults: Workload {
  private let allocatorInUse: PageAllocator
  private let mix: AnonymousMix
  private var space: AddressSpace

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    allocatorInUse = environment.allocator
    mix = AnonymousMix(values)
    space = AddressSpace(
      environment.allocator, in: environment.privateArena, pagesMax: values["pages"],
      stampBase: HolderStamps.worker(index))
    super.init(environment, cpuID: cpuID, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    AddressSpace.arenaByteCount(pagesMax: values["pages"])
  }

  override var pagesHeldMax: Int { space.pagesMax }

  override func begin(_ cpu: CPU) { space.reset() }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 8)
    let request = AnonymousRequest(cpu, mix)
    cpu.noteRequest(request.word)
    switch request.action {
    case .fault: fault(cpu, request)
    case .unmap: unmap(cpu, request)
    case .exit: space.exit(cpu)
    case .share: share(cpu, request)
    case .migrate: migrate(cpu, request)
    case .driverBlock: takeDriverBlock(cpu, request)
    }
  }

  override func finish(_ cpu: CPU) {
    space.exit(cpu)
    // Others may still be sending; what comes later is the harness's to give back.
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 1024)
  }

  // MARK: Faults

  private func fault(_ cpu: CPU, _ request: AnonymousRequest) {
    let cpu = cpu.at(.anonymousFault)
    if request.needsTable { addTable(cpu) }
    var order = request.order
    while order.pages > space.pagesMax && order > .zero { order = Self.next(below: order) }
    space.makeRoom(cpu, order.pages)
    while true {
      if let frame = allocate(cpu, order, request.gfp(order)) {
        if order == .huge { cpu.count(.hugeFaults) }
        return space.map(cpu, frame, order)
      }
      if order == .zero { break }
      cpu.count(.hugeFallbacks)
      order = Self.next(below: order)
    }
    cpu.count(.allocationFailed)
    // Without memory for one page somebody has to shrink: this process is as good as any.
    space.unmap(cpu, endingAt: space.folios.count, count: AddressSpace.batchCount)
    space.freeTable(cpu)
  }

  /// A folio; a huge one that is worth reclaim also by direct compaction, of which only its end is
  /// modelled: the CPU's own lists are emptied, so that what is on them can merge.
  private func allocate(_ cpu: CPU, _ order: Order, _ gfp: GFP) -> PageFrameNumber? {
    if let frame = allocatorInUse.allocatePages(cpu, order: order, gfp) { return frame }
    if order < .huge || !gfp.contains(.directReclaim) { return nil }
    allocatorInUse.drainLocal(cpu)
    return allocatorInUse.allocatePages(cpu, order: order, gfp)
  }

  /// The next smaller order that faults use: 9, 4, 3, 2, 0.
  private static func next(below order: Order) -> Order {
    if order > Order(4) { return Order(4) }
    return order > Order(2) ? order.down : .zero
  }

  private func addTable(_ cpu: CPU) {
    let cpu = cpu.at(.pageTableAlloc)
    if space.tables.isFull { space.freeTable(cpu) }
    space.makeRoom(cpu, 1)
    let gfp = GFP.kernel.union([.account, .zero])
    guard let frame = allocatorInUse.allocatePages(cpu, order: .zero, gfp) else {
      return cpu.count(.allocationFailed)
    }
    space.addTable(cpu, frame)
  }

  private func unmap(_ cpu: CPU, _ request: AnonymousRequest) {
    let held = space.folios.count
    space.unmap(cpu, endingAt: held - request.place(among: held), count: request.length)
    if request.length > AddressSpace.batchCount { space.freeTable(cpu) }
    if space.raw.count > 0 { space.freeRaw(cpu, at: request.place(among: space.raw.count)) }
  }

  // MARK: Other CPUs

  /// fork(): a second reference to a folio, dropped by the child on its CPU.
  private func share(_ cpu: CPU, _ request: AnonymousRequest) {
    let cpu = cpu.at(.anonymousFault)
    if space.folios.count == 0 { return }
    let block = space.folios[request.place(among: space.folios.count)]
    refer(cpu, block.frame)
    pass(cpu, block, request)
  }

  /// The process goes to another CPU, and the folio is freed there.
  private func migrate(_ cpu: CPU, _ request: AnonymousRequest) {
    let cpu = cpu.at(.munmap)
    if space.folios.count == 0 { return }
    let block = space.takeFolio(cpu, at: request.place(among: space.folios.count))
    pass(cpu, block, request)
  }

  /// Takes a further reference to a block that the caller holds.
  private func refer(_ cpu: CPU, _ frame: PageFrameNumber) {
    if allocatorInUse.tryGet(cpu, frame) { return }
    cpu.bug(Rule(AllocatorRule.refcountWrong.rawValue), .frame, frame.index, 0)
  }

  /// Sends one reference to a block to another CPU; drops it here if that CPU's box is full.
  private func pass(_ cpu: CPU, _ block: HeldBlock, _ request: AnonymousRequest) {
    let workers = max(environment.workerCPUs, 1)
    let target = (cpu.id + 1 + request.cpuStep(below: workers - 1)) % workers
    if environment.mailboxes.send(cpu, block, to: target) { return cpu.count(.handedOver) }
    cpu.count(.handOverRefused)
    allocatorInUse.freePages(cpu, block.frame, order: block.order)
  }

  // MARK: Blocks that are not compound

  /// A block without a head: split into pages, or with a speculative reference of its first page
  /// under way while it is freed.
  private func takeDriverBlock(_ cpu: CPU, _ request: AnonymousRequest) {
    let cpu = cpu.at(.anonymousFault)
    let order = request.rawOrder
    if order.pages > space.pagesMax { return }
    if space.raw.isFull { space.freeRaw(cpu, at: request.place(among: space.raw.count)) }
    space.makeRoom(cpu, order.pages)
    guard let frame = allocatorInUse.allocatePages(cpu, order: order, .kernel) else {
      return cpu.count(.allocationFailed)
    }
    if request.splits { return split(cpu, frame, order) }
    let block = space.addRaw(cpu, frame, order)
    refer(cpu, frame)
    // Who drops the reference knows of one page only.
    pass(cpu, HeldBlock(frame: frame, order: .zero, stamp: block.stamp), request)
    if request.freesAtOnce { space.freeRaw(cpu, at: space.raw.count - 1) }
  }

  private func split(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    allocatorInUse.split(cpu, frame, order: order)
    for offset in 0..<order.pages { space.map(cpu, frame.advanced(by: offset), .zero) }
  }
}
