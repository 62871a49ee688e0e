// Tables are views: slices share their elements, and each kind of cell reads and writes them.

import Machine
import Testing

struct TableTests {
  private let machine = Machine.small(cpus: 1)
  private var cpu: CPU { machine.cpu(0) }

  @Test("a slice shares its elements with the table")
  func slice() {
    let table = machine.arena.table(of: Int.self, count: 10)
    let slice = table.slice(from: 3, count: 4)
    slice[0] = 7
    table[6] = 8
    #expect(table[3] == 7)
    #expect(slice[3] == 8)
    #expect(slice.count == 4)
  }

  @Test("filling sets all elements of the view, and no other")
  func fill() {
    let table = machine.arena.table(of: UInt8.self, count: 10)
    table.slice(from: 2, count: 5).fill(with: 9)
    #expect((0..<10).map { table[$0] } == [0, 0, 9, 9, 9, 9, 9, 0, 0, 0])
  }

  @Test("plain and marked cells read what was written, and wrap when they add")
  func cells() {
    let table = machine.arena.table(of: Int.self, count: 2)
    table.plain(0).write(cpu, .max)
    table.plain(0).add(cpu, 1)
    #expect(table.plain(0).read(cpu) == .min)
    table.marked(1).write(cpu, .min)
    table.marked(1).add(cpu, -1)
    #expect(table.marked(1).read(cpu) == .max)
    #expect(table.marked(1).atRest == .max)
    let words = machine.arena.table(of: UInt32.self, count: 2)
    words.marked(1).write(cpu, 5)
    #expect(words.marked(1).read(cpu) == 5)
    #expect(words.marked(1).atRest == 5)
    #expect(words[0] == 0)
  }

  @Test("setting bits says whether one of them was clear")
  func bits() {
    let cell = machine.word().atomic(0)
    #expect(cell.setBits(cpu, 5))
    #expect(!cell.setBits(cpu, 4))
    #expect(cell.setBits(cpu, 6))
    cell.clearBits(cpu, 4)
    #expect(cell.read(cpu) == 3)
    #expect(cell.add(cpu, -10) == -7)
    #expect(cell.atRest == -7)
  }

  @Test("a reference count goes up only from 1 and more", arguments: [Int32(-1), 0, 1, 5])
  func references(start: Int32) {
    let cell = machine.arena.table(of: UInt32.self, count: 1).atomic(0)
    cell.write(cpu, start)
    #expect(cell.incrementUnlessZero(cpu) == (start > 0))
    #expect(cell.read(cpu) == (start > 0 ? start + 1 : start))
    #expect(cell.decrement(cpu) == (start > 0 ? start : start - 1))
    #expect(cell.atRest == (start > 0 ? start : start - 1))
  }

  @Test("a shared word is replaced only if it is what was expected")
  func sharedWord() {
    let word = machine.arena.table(of: UInt64.self, count: 1).shared(0)
    word.store(3)
    #expect(word.exchange(expected: 4, desired: 9) == 3)
    #expect(word.load() == 3)
    #expect(word.exchange(expected: 3, desired: 9) == 3)
    #expect(word.load() == 9)
    #expect(word.add(2) == 9)
    #expect(word.load() == 11)
  }
}
