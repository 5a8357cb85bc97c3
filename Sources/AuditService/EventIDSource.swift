import AuditModel
import Synchronization

/// Makes UUIDv7 ids for events that bring none.
///
/// The random bits come from SplitMix64 seeded by the system: ids must be unique, not secret, and a
/// system call for each event would be the most expensive part of taking it.
final class EventIDSource: Sendable {
    private let state: Mutex<UInt64>

    /// - Parameter seed: from the system's generator; a test passes its own.
    init(seed: UInt64) {
        state = Mutex(seed)
    }

    func next(at time: Timestamp) -> EventID {
        let random = state.withLock { ($0.nextSplitMix(), $0.nextSplitMix()) }
        return EventID(version7At: time, random: random)
    }
}

extension UInt64 {
    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fileprivate mutating func nextSplitMix() -> UInt64 {
        self &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
