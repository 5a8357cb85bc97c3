import AuditModel
import Glibc
import Synchronization

/// Makes UUIDv7 ids for events that bring none.
///
/// The random bits are the system's, so that no id tells of another: neither whose it was nor how many were given in
/// between. They are taken for many ids at once, since a system call for each would be the most expensive part of
/// taking an event.
final class EventIDSource: Sendable {
    private let pool = Mutex(Pool())

    private struct Pool {
        private var words = [UInt64](repeating: 0, count: 512)
        private var used = 512

        mutating func next() -> UInt64 {
            if used == words.count {
                words.withUnsafeMutableBytes { bytes in
                    if let start = bytes.baseAddress { arc4random_buf(start, bytes.count) }
                }
                used = 0
            }
            used += 1
            // Not kept: what the memory holds tells nothing of ids that were given.
            defer { words[used - 1] = 0 }
            return words[used - 1]
        }
    }

    func next(at time: Timestamp) -> EventID {
        let random = pool.withLock { ($0.next(), $0.next()) }
        return EventID(version7At: time, random: random)
    }
}
