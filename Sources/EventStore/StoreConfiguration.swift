package import AuditModel

/// What an operator decides about a store.
package struct StoreConfiguration: Sendable {
    /// The folder of the store; made when it is missing.
    package var directory: String

    /// What events are indexed by, beside organization, id and times.
    package var terms: TermExtractor

    /// In bytes: a log that would grow past it is closed and the next one begins. Each becomes a
    /// segment, which retention removes as a whole, so it is also the grain in which the disk shrinks.
    /// A single frame may be larger.
    package var logBytesMax: Int

    /// Events after which a log is closed likewise: small ones would make an index that is large in
    /// memory until it is sealed. A single frame may have more.
    package var logEventsMax: Int

    /// How old the first event of a log may get before a sweep closes it, so that a store which fills
    /// slowly is compressed too. Nil for any age.
    package var logAgeMax: Duration?

    /// How long events are kept, until `setRetention` says otherwise.
    package var retention: RetentionRules

    /// When the store is opened, by the wall clock: where a restored one goes on, see
    /// `Restoration`.
    package var openedAt: Timestamp

    /// In bytes: when the files of the store are larger, the oldest events go, whatever their age; see
    /// `EventStore.dropExcess`. Nil for any size.
    package var bytesMax: Int?

    /// Gives each new log and segment the seed of its checksums, so that nothing a client stores can pass for a
    /// frame.
    package var salt: @Sendable () -> UInt64

    package init(
        directory: String, terms: TermExtractor, logBytesMax: Int = 64 * 1024 * 1024,
        logEventsMax: Int = 250_000, logAgeMax: Duration? = .seconds(86_400),
        retention: RetentionRules = RetentionRules(), openedAt: Timestamp = .epoch,
        bytesMax: Int? = nil,
        salt: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) {
        self.directory = directory
        self.terms = terms
        self.logBytesMax = logBytesMax
        self.logEventsMax = logEventsMax
        self.logAgeMax = logAgeMax
        self.retention = retention
        self.openedAt = openedAt
        self.bytesMax = bytesMax
        self.salt = salt
    }
}

extension StoreConfiguration {
    var logDirectory: String { directory + "/log" }
    var segmentDirectory: String { directory + "/segments" }
    var lockPath: String { directory + "/LOCK" }
    var snapshotMarkerPath: String { directory + "/" + SnapshotMarker.name }
    /// What the service keeps beside the events (how long whose are kept, who may call, how much, which sequences
    /// organizations had); here files that go into snapshots. Any of them may be missing.
    var companionPaths: [String] {
        ["policies.json", "tokens.json", "quotas.json", "sequences.json"].map {
            directory + "/" + $0
        }
    }
    /// Names the events that a repair could not save.
    var lostPath: String { directory + "/LOST" }
}

/// What was found when the store was opened.
package struct RecoveryReport: Hashable, Sendable {
    package var segments: Int
    package var logs: Int
    package var events: Int
    /// What a crash left behind the last whole frame and was zeroed; nil after a clean end.
    package var tornTail: TornTail?
    /// How the store goes on that was a snapshot until now; nil for any other.
    package var restoration: Restoration?

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
    /// Bytes of the files: hidden events count until they are removed, zeros written ahead of the log
    /// do not count.
    package var bytes: Int
    /// Sequences from `oldest` on without an event: since only theirs was a shorter retention, or since
    /// a restored store passed them over. About: those in a segment in which `oldest` lies count too.
    var missingEvents = 0

    package var events: Int {
        max(0, Int(head.rawValue + 1 - oldest.rawValue) - missingEvents)
    }
}

/// What one sweep did.
package struct ExpiryReport: Hashable, Sendable {
    /// Files removed.
    package var files = 0
    /// Segments that were written anew without their expired events.
    package var rewritten = 0
    /// Events that are gone, and the bytes that were freed with them.
    package var events = 0
    package var bytes = 0
    /// The first event that can still be read; `head.next` when there is none.
    package var oldest: Sequence
    /// By how much the wall clock was not believed, see `SteadyClock`; zero when it was.
    package var clockHeldBack: Duration = .zero
}
