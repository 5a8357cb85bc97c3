import Glibc

/// Memory for one message after the other: grows as bytes come, and is given back when it has grown large.
struct GrowingMemory: ~Copyable {
    /// Bytes that are kept from one message to the next.
    private static let keptCapacity = 4 << 10

    private(set) var start: UnsafeMutableRawPointer?
    private(set) var capacity = 0

    deinit {
        free(start)
    }

    /// Makes room for `count` bytes; the bytes that are there stay. It doubles, so that filling it costs linear time,
    /// and stops at `countMax`.
    mutating func reserve(_ count: Int, atMost countMax: Int) {
        guard count > capacity else { return }
        capacity = max(count, min(countMax, max(capacity * 2, 1 << 10)))
        guard let grown = realloc(start, capacity) else { preconditionFailure("out of memory") }
        start = grown
    }

    /// What it holds is no longer needed.
    mutating func clear() {
        guard capacity > Self.keptCapacity else { return }
        free(start)
        start = nil
        capacity = 0
    }
}
