// A workload: what one virtual CPU does in the manner of one caller of the kernel.
//
// Rule    What an operation asks for is drawn from the workload stream before its results are
//         known, and noted with `noteRequest`: two runs with one seed ask for the same.

import Machine
import PageAllocator

/// One worker of a workload on one CPU.
///
/// `begin`, `operate` and `finish` run on its CPU in task context, interrupts on, no lock held.
/// State lies in tables of the private arena and in plain fields; nothing is allocated after
/// `begin`.
open class Workload {
  /// What the worker works with.
  public let environment: WorkloadEnvironment
  /// The CPU that it runs on.
  public let cpuID: Int
  /// Distinguishes its stamps from those of others.
  public let stampBase: UInt32

  /// A worker on `cpuID`, number `index` among the workers of the run.
  public init(_ environment: WorkloadEnvironment, cpuID: Int, index: Int) {
    self.environment = environment
    self.cpuID = cpuID
    stampBase = HolderStamps.worker(index)
  }

  /// The allocator.
  public final var allocator: PageAllocator { environment.allocator }

  /// Starts anew, holding nothing.  Called before the first operation of each run.
  open func begin(_ cpu: CPU) {}

  /// One operation, bounded in time, that ends with no lock held.
  open func operate(_ cpu: CPU) {}

  /// Gives back all that the worker holds.
  open func finish(_ cpu: CPU) {}

  /// The greatest number of pages that the worker may hold at once; 0 if it never keeps any.
  open var pagesHeldMax: Int { 0 }
}

/// What all workers of a run share.
public final class WorkloadEnvironment {
  /// The machine.
  public let machine: Machine
  /// The allocator under test.
  public let allocator: PageAllocator
  /// Memory of the workers themselves, outside the modelled machine: no scheduling points, not put
  /// back between schedules.
  public let privateArena: Arena
  /// Where pages are passed from CPU to CPU.
  public let mailboxes: Mailboxes
  /// The receive queue of each CPU.
  public let receiveQueues: ReceiveQueues
  /// The pages that all readers and writers of files share.
  public let pageCache: SharedPageCache?
  /// CPUs that run workers: 0 ..< this; kernel threads have the CPUs above.
  public let workerCPUs: Int

  /// The environment of one run.
  ///
  /// - Parameters:
  ///   - privateBytes: for the workers' own tables.
  ///   - pageCacheSlots: pages of the shared cache; 0 for none.
  ///   - receivePages: pages that a receive queue asks for at once, 1 ... 64.
  public init(
    machine: Machine, allocator: PageAllocator, workerCPUs: Int, privateBytes: Int,
    pageCacheSlots: Int, receivePages: Int = 64
  ) {
    self.machine = machine
    self.allocator = allocator
    self.workerCPUs = workerCPUs
    privateArena = Arena(byteCount: privateBytes)
    mailboxes = Mailboxes(on: machine)
    receiveQueues = ReceiveQueues(on: machine, refill: receivePages)
    pageCache = pageCacheSlots > 0 ? SharedPageCache(on: machine, slots: pageCacheSlots) : nil
  }
}
