let networkKinds: [WorkloadKind] = []
let filesystemKinds: [WorkloadKind] = []
let anonymousMemoryKinds: [WorkloadKind] = []
let kernelKinds: [WorkloadKind] = []
import Machine
public final class SharedPageCache { init(on: Machine, slots: Int) {} }
