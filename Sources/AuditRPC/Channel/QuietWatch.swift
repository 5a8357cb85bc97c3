import NIOCore

/// Sees whether a number that only grows has stood still for some time. It is asked now and then rather than told of
/// each change, so that what is watched pays nothing; it notices a standstill between one and two times its length.
struct QuietWatch: Equatable {
    private let time: TimeAmount
    private var seen: Int
    private(set) var nextLook: NIODeadline

    init(_ time: TimeAmount, from now: NIODeadline, at count: Int = 0) {
        self.time = time
        seen = count
        nextLook = now + time
    }

    /// True when the number is what it was a whole time ago.
    mutating func hasStoodStill(at now: NIODeadline, _ count: Int) -> Bool {
        guard now >= nextLook else { return false }
        nextLook = now + time
        defer { seen = count }
        return count == seen
    }
}
