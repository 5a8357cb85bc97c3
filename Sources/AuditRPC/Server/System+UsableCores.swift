import CThreads
import Glibc
import NIOCore

extension System {
    /// Cores that this process may run on, at least 1: `coreCount` knows of quotas, and not of what `taskset`,
    /// cpusets and the CPUAffinity of a service leave of the machine. More event loops than cores only wait for
    /// each other.
    package static var usableCoreCount: Int {
        var set = cpu_set_t()
        // Fails on machines with more cores than the set has bits: they have no lack of them.
        guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else {
            return coreCount
        }
        let allowed = withUnsafeBytes(of: &set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        return max(1, min(coreCount, allowed))
    }
}
