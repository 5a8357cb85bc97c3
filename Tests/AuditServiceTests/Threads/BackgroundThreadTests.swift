import CThreads
import Glibc
import Testing

@testable import AuditService

struct BackgroundThreadTests {
    private struct Seen: Sendable {
        var name: String
        var niceness: Int32
    }

    private func seen(_ priority: BackgroundThread.Priority) -> Seen {
        let box = Mailbox<Seen?>(nil)
        let thread = BackgroundThread("of a test", priority: priority) {
            var name = [CChar](repeating: 0, count: 16)
            pthread_getname_np(pthread_self(), &name, name.count)
            let seen = Seen(
                name: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self),
                niceness: nice(0))
            box.update { $0 = seen }
        }
        thread.join()
        return box.wait { $0 }
    }

    @Test func itHasItsNameAndItsPriority() {
        let own = nice(0)
        let usual = seen(.usual)
        let low = seen(.low)
        #expect(usual.name == "of a test")
        #expect(usual.niceness == own, "that of the process")
        #expect(low.niceness > usual.niceness)
        #expect(nice(0) == own, "nobody else's changes")
    }
}
