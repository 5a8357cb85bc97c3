import Synchronization

/// What was wrong with single inputs: said on standard error, the first ones in full, the rest
/// counted.
final class Complaints: Sendable {
    private let count = Mutex(0)

    var isEmpty: Bool { count.withLock { $0 == 0 } }
    var total: Int { count.withLock { $0 } }

    func add(_ text: String) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number <= Limits.complaintsMax { note(text) }
    }

    /// Says how many were not said.
    func finish() {
        let unsaid = total - Limits.complaintsMax
        if unsaid > 0 { note("... and \(unsaid) more") }
    }
}
