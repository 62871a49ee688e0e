// Reads /proc/pagetypeinfo: free blocks by migratetype, and pageblocks by migratetype.
//
// The kernel prints all of it once for each node with memory, headers included.

/// Free blocks of one zone and migratetype.
public struct PageTypeFreeRow: Equatable, Sendable {
  public let node: Int
  public let zone: String
  /// The kernel's name, for instance "Unmovable".
  public let type: String
  /// Free blocks (not pages) by order, 1...16 numbers.
  public let freeBlocks: [Int]
  /// Orders whose count is only a lower bound: the kernel stops counting at 100000.
  public let cappedOrders: [Int]
}

/// Pageblocks of one zone by migratetype.
public struct PageTypeBlockRow: Equatable, Sendable {
  public let node: Int
  public let zone: String
  /// As many as there are `PageTypeInfo.types`.
  public let blocks: [Int]
}

/// The whole file.
public struct PageTypeInfo: Equatable, Sendable {
  /// 0...20.
  public fileprivate(set) var pageblockOrder = 0
  /// 1 << pageblockOrder.
  public fileprivate(set) var pagesPerBlock = 1
  public fileprivate(set) var free: [PageTypeFreeRow] = []
  /// The kernel's names of the migratetypes, in the order of its numbers.
  public fileprivate(set) var types: [String] = []
  public fileprivate(set) var blocks: [PageTypeBlockRow] = []
}

/// Reads the text of /proc/pagetypeinfo.
public struct PageTypeInfoReader {
  private enum Section { case head, free, blocks, rest }
  private var info = PageTypeInfo()
  private var section = Section.head
  private var orderCount = 0
  private var hasOrder = false
  private var hasSize = false

  /// Throws at the first line that is not what the section holds, and when a section is missing.
  /// What follows the pageblock counts is passed over. `file` is for messages only.
  public static func read(
    _ bytes: [UInt8], file: String
  ) throws(TraceInputError) -> PageTypeInfo {
    var reader = PageTypeInfoReader()
    var text = ProcText(file: file)
    try text.forEachLine(of: bytes) { (text, words) throws(TraceInputError) in
      try reader.readLine(words, text)
    }
    try reader.checkComplete(text)
    return reader.info
  }

  private mutating func readLine(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    if words.begins(with: "Page", "block", "order:") {
      guard let order = words.number(3), order <= 20 else { throw text.error("an order, 0...20") }
      if hasOrder && order != info.pageblockOrder {
        throw text.error("the order of a block as for the node before: \(info.pageblockOrder)")
      }
      section = .head
      info.pageblockOrder = order
      hasOrder = true
    } else if words.begins(with: "Pages", "per", "block:") {
      guard let pages = words.number(3), hasOrder, pages == 1 << info.pageblockOrder else {
        throw text.error("\(1 << info.pageblockOrder) pages, by the order of a block")
      }
      info.pagesPerBlock = pages
      hasSize = true
    } else if words.begins(with: "Free", "pages", "count", "per", "migrate", "type", "at", "order")
    {
      try beginFree(words, text)
    } else if words.begins(with: "Number", "of", "blocks", "type") {
      try beginBlocks(words, text)
    } else if words.begins(with: "Number", "of") {
      section = .rest
    } else if section == .rest {
      return
    } else if section == .free {
      try readFree(words, text)
    } else if section == .blocks {
      try readBlocks(words, text)
    } else {
      throw text.error("`Page block order: N`")
    }
  }

  private mutating func beginFree(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    guard let orders = words.numbers(from: 8), orders.count >= 1,
      orders.count <= BuddyInfoReader.ordersMax, orders == Array(0..<orders.count)
    else { throw text.error("1 to \(BuddyInfoReader.ordersMax) orders from 0") }
    if orderCount != 0 && orders.count != orderCount {
      throw text.error("\(orderCount) orders as for the node before")
    }
    orderCount = orders.count
    section = .free
  }

  private mutating func readFree(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    guard let name = ProcZoneName(words, comma: true), words.isWord(4, "type"),
      let type = words.text(5)
    else { throw text.error("`Node N, zone NAME, type NAME`") }
    guard words.count == 6 + orderCount else { throw text.error("\(orderCount) counts") }
    var counts: [Int] = []
    var capped: [Int] = []
    for order in 0..<orderCount {
      if let bound = words.number(6 + order, after: UInt8(ascii: ">")) {
        counts.append(bound)
        capped.append(order)
      } else if let count = words.number(6 + order) {
        counts.append(count)
      } else {
        throw text.error("counts below 2^52")
      }
    }
    info.free.append(
      PageTypeFreeRow(
        node: name.node, zone: name.zone, type: type, freeBlocks: counts, cappedOrders: capped))
  }

  private mutating func beginBlocks(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    guard words.count > 4, words.count <= 4 + TraceEvent.migratetypeMax + 1 else {
      throw text.error("1 to \(TraceEvent.migratetypeMax + 1) names of migratetypes")
    }
    var types: [String] = []
    for index in 4..<words.count {
      guard let type = words.text(index) else { throw text.error("names of up to 32 letters") }
      types.append(type)
    }
    if !info.types.isEmpty && types != info.types {
      throw text.error("the migratetypes of the node before: \(info.types.joined(separator: " "))")
    }
    info.types = types
    section = .blocks
  }

  private mutating func readBlocks(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    guard let name = ProcZoneName(words) else { throw text.error("`Node N, zone NAME`") }
    guard let blocks = words.numbers(from: 4), blocks.count == info.types.count else {
      throw text.error("\(info.types.count) counts below 2^52")
    }
    info.blocks.append(PageTypeBlockRow(node: name.node, zone: name.zone, blocks: blocks))
  }

  private func checkComplete(_ text: ProcText) throws(TraceInputError) {
    guard hasOrder, hasSize else { throw text.error("the order and size of a page block") }
    guard !info.free.isEmpty else { throw text.error("free counts per migratetype") }
    guard !info.blocks.isEmpty else { throw text.error("the number of blocks by type") }
  }
}
