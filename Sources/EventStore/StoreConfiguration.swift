package import AuditModel

/// What an operator decides about a store.
package struct StoreConfiguration: Sendable {
    /// The folder of the store; made when it is missing.
    package var directory: String

    /// In bytes: a log that would grow past it is closed and the next one begins. Retention removes
    /// whole logs, so it is also the grain in which the disk shrinks. A single frame may be larger.
    package var logBytesMax: Int

    /// How long events are kept, until `setRetention` says otherwise.
    package var retention: RetentionRules

    /// Gives each new log the seed of its checksums, so that nothing a client stores can pass for a
    /// frame.
    package var salt: @Sendable () -> UInt64

    package init(
        directory: String, logBytesMax: Int = 64 * 1024 * 1024,
        retention: RetentionRules = RetentionRules(),
        salt: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) {
        self.directory = directory
        self.logBytesMax = logBytesMax
        self.retention = retention
        self.salt = salt
    }
}

extension StoreConfiguration {
    var logDirectory: String { directory + "/log" }
    var lockPath: String { directory + "/LOCK" }
}

/// What was found when the store was opened.
package struct RecoveryReport: Hashable, Sendable {
    package var logs: Int
    package var events: Int
    /// What a crash left behind the last whole frame and was zeroed; nil after a clean end.
    package var tornTail: TornTail?

    /// Bytes of a write that was never answered.
    package struct TornTail: Hashable, Sendable {
        package var file: String
        /// Where it begins, in bytes from the start of the file.
        package var offset: Int
        /// From there to the last byte that was not zero.
        package var bytes: Int
    }
}

/// What the store holds at one moment.
package struct StoreBounds: Hashable, Sendable {
    /// The first event that is kept and young enough; `head.next` when there is none.
    package var oldest: Sequence
    /// The last event that is on stable storage; zero when there never was one.
    package var head: Sequence
    /// recorded_at of the last frame, or the floor for the next one.
    package var newestRecordedAt: Timestamp
    /// Bytes of the kept logs up to their last frame: hidden events count until their log goes,
    /// zeros written ahead do not count.
    package var bytes: Int

    package var events: Int { Int(head.rawValue + 1 - oldest.rawValue) }
}

/// What one sweep did.
package struct ExpiryReport: Hashable, Sendable {
    /// Log files removed, and what was in them.
    package var logs = 0
    package var events = 0
    package var bytes = 0
    /// The first event that can still be read; `head.next` when there is none.
    package var oldest: Sequence
    /// By how much the wall clock was not believed, see `SteadyClock`; zero when it was.
    package var clockHeldBack: Duration = .zero
}
