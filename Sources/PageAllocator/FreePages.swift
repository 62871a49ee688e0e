// Giving a block back: by reference count, to this CPU's list, or straight to the buddy lists.
//
// Models  __free_pages(), __free_frozen_pages(), free_pages_prepare(), mm/page_alloc.c, 7.3.
// Omits   Poisoning, memcg uncharge.
// Rule    From any context but NMI, which has `FreePagesNoLock.swift`.  What the block is must be
//         read before the reference is dropped: after that somebody else may have it.

import Machine

extension PageAllocator {
  /// Drops the caller's reference to a block, and frees it if it was the last.
  ///
  /// A speculative reference (`tryGet`) may outlive the caller's.  A compound block is then freed
  /// whole by the last `put`; of any other block all but the first page are freed now, and the
  /// first by the last `put`, which knows only of one page.
  ///
  /// - Parameters:
  ///   - frame: what `allocatePages` returned.
  ///   - order: what it was asked for.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func freePages(_ cpu: CPU, _ frame: PageFrameNumber, order: Order) {
    if order == .zero { return perform(Free(frame: frame, order: .zero), cpu) }
    performApart(Free(frame: frame, order: order), cpu)
  }

  @inline(always) fileprivate func release<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    let cpu = cpu.at(.freePages)
    if !frames.contains(frame) { cpu.bug(.notAFrame, frame, frame.index) }
    let word = FrameWord(frames.word(frame).read(cpu))
    if order > .zero && !word.has(FrameWord.compoundHead) {
      return freeParts(cpu.takingPoints, frame, order, P.self)
    }
    // Before the reference is dropped: what is looked up after it waits for it.
    let zone = zone(word.zone)
    let pcp = zone.perCPUPages(cpu)
    if !dropReference(cpu, frame) { return leave(cpu.takingPoints, frame, order, P.self) }
    free(cpu, zone, pcp, frame, order, P.self)
  }

  /// Frees a block that is not compound: whole, or all but the first page.
  ///
  /// The block is broken up before the reference is dropped: after that the first page may be freed
  /// by somebody who knows of one page.
  @inline(never) private func freeParts<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    breakUp(cpu, frame, order)
    if dropReference(cpu, frame) {
      makeWhole(cpu, frame, order)
      return free(cpu, frame, order, P.self)
    }
    if has(.tailLeak) { return }
    freeTail(cpu, frame, order, P.self)
  }

  /// Frees all but the first page of a block.
  private func freeTail<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    cpu.count(.pathFreeTail)
    var half = order
    while half > .zero {
      half = half.down
      free(cpu, frame.advanced(by: half.pages), half, P.self)
    }
  }

  /// Somebody else has a reference, and frees the block.
  ///
  /// With the bug `double-free-after-put`, what the block is gets looked up now that it may be
  /// gone.
  @inline(never) private func leave<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    if !has(.doubleFreeAfterPut) || order == .zero { return }
    if !FrameWord(frames.word(frame).read(cpu)).has(FrameWord.compoundHead) {
      freeTail(cpu, frame, order, P.self)
    }
  }

  /// Drops one reference; true if it was the last.
  @inline(always) func dropReference(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    let left = frames.references(frame).decrement(cpu)
    if left < 0 { cpu.bug(.refcountWrong, frame, Int(left)) }
    return left == 0
  }

  /// Makes the halves of an allocated block blocks of their own, the first page one of order 0.
  private func breakUp(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    let word = FrameWord(frames.word(frame).read(cpu))
    let flags = word.bits & (FrameWord.allocated | FrameWord.movable)
    var half = order
    while half > .zero {
      half = half.down
      let upper = frames.word(frame.advanced(by: half.pages))
      upper.write(cpu, FrameWord(upper.read(cpu)).with(flags, half))
    }
    frames.word(frame).write(cpu, word.with(flags, .zero))
  }

  /// Undoes `breakUp`; nobody else refers to the block.
  private func makeWhole(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    let word = FrameWord(frames.word(frame).read(cpu))
    var half = order
    while half > .zero {
      half = half.down
      let upper = frames.word(frame.advanced(by: half.pages))
      upper.write(cpu, FrameWord(upper.read(cpu)).with(0, .zero))
    }
    let flags = word.bits & (FrameWord.allocated | FrameWord.movable)
    frames.word(frame).write(cpu, word.with(flags, order))
  }

  /// Takes another reference to a block that may be freed at any moment; false if it was.
  ///
  /// The frame may by then belong to somebody else: the caller checks what it got.  Any context.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func tryGet(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    let cpu = cpu.at(.tryGetPage)
    if !frames.contains(frame) { return false }
    let got = frames.references(frame).incrementUnlessZero(cpu)
    cpu.count(got ? .pathTryGet : .pathTryGetFailed)
    return got
  }

  /// Drops a reference taken by `tryGet` or handed over, and frees the block if it was the last.
  ///
  /// A block that is not compound counts as its first page alone.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func put(_ cpu: CPU, _ frame: PageFrameNumber) {
    performRare(Put(frame: frame), cpu)
  }

  /// Splits a block that only the caller refers to into single pages, one reference each:
  /// split_page().
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func split(_ cpu: CPU, _ frame: PageFrameNumber, order: Order) {
    let word = FrameWord(frames.word(frame).read(cpu))
    let flags = word.bits & (FrameWord.allocated | FrameWord.movable)
    for offset in 0..<order.pages {
      let page = frame.advanced(by: offset)
      let pageWord = frames.word(page)
      pageWord.write(cpu, FrameWord(pageWord.read(cpu)).with(flags, .zero))
      if offset > 0 { frames.references(page).write(cpu, 1) }
    }
  }

  /// Frees a block without references.
  @inline(always) func free<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    let zone = zone(of: frame, cpu)
    free(cpu, zone, zone.perCPUPages(cpu), frame, order, P.self)
  }

  /// Frees a block of a zone, if it can be to these lists.
  @inline(always) private func free<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ frame: PageFrameNumber, _ order: Order,
    _: P.Type
  ) {
    let word = FrameWord(frames.word(frame).read(cpu))
    checkFree(cpu, frame, order, word)
    if !PerCPUPages.keeps(order) {
      cpu.count(.pathFreeDirect)
      return freeToBuddy(cpu.takingPoints, zone, frame, order, word)
    }
    let list = PerCPUPages.list(order, listType(cpu, frame))
    guard let held = tryHold(cpu.at(.freeFrozenPageCommit), zone, pcp, P.self) else {
      cpu.count(.pathPcpFreeTrylockFailed)
      return freeToBuddy(cpu.takingPoints, zone, frame, order, word)
    }
    if let held = put(cpu, frame, order, list, word, on: held) {
      release(cpu.at(.freeFrozenPageCommit), held)
    }
  }

  /// The per-CPU list that a page goes to: of its pageblock's type, high-atomic ones with movable.
  @inline(always) func listType(_ cpu: CPU, _ frame: PageFrameNumber) -> Migratetype {
    let type = blockType(cpu, frame)
    return type == .highAtomic ? .movable : type
  }

  /// Takes a block from its holder: free_pages_prepare().
  ///
  /// `word` is its first frame's; it is written anew when the block is put on a list.
  @inline(always) func checkFree(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ word: FrameWord
  ) {
    if !word.has(FrameWord.allocated) || word.order != order || word.zone >= zoneCount {
      refuseFree(cpu.at(.freePagesPrepare), frame, order, word)
    }
    emit(cpu, .freed, frame, order, .movable)
  }

  @inline(never) private func refuseFree(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ word: FrameWord
  ) -> Never {
    let rule: AllocatorRule = word.has(FrameWord.reserved) ? .freeOfReserved : .badPageState
    cpu.bug(rule, frame, Int(word.bits), order.index)
  }
}

/// The caller's reference to one block.
private struct Free: ListOperation {
  let frame: PageFrameNumber
  let order: Order

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    allocator.release(cpu, frame, order, P.self)
  }
}

/// A reference that knows of the block's first page alone.
private struct Put: ListOperation {
  let frame: PageFrameNumber

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    let cpu = cpu.at(.putPage)
    let word = FrameWord(allocator.frames.word(frame).read(cpu))
    let order = word.has(FrameWord.compoundHead) ? word.order : .zero
    if !allocator.dropReference(cpu, frame) { return }
    cpu.count(.pathPutLast)
    allocator.free(cpu, frame, order, P.self)
  }
}
