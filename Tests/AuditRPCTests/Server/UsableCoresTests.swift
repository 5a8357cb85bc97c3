import CThreads
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import AuditRPC

struct UsableCoresTests {
    @Test func coresThatAreForbiddenDoNotCount() async throws {
        // A thread of its own: what it is forbidden, its pool takes along.
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let counts = try await pool.runIfActive {
            var set = cpu_set_t()
            #expect(sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0)
            let before = System.usableCoreCount
            withUnsafeMutableBytes(of: &set) { bytes in
                let first = bytes.firstIndex { $0 != 0 }!
                let bit = bytes[first] & ~(bytes[first] - 1)
                for index in bytes.indices { bytes[index] = index == first ? bit : 0 }
            }
            #expect(sched_setaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0)
            return (before: before, after: System.usableCoreCount)
        }
        try await pool.shutdownGracefully()
        #expect(counts.before >= 1 && counts.before <= System.coreCount)
        #expect(counts.after == 1)
    }
}
