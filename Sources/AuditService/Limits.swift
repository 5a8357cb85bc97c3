/// What the service may take of memory and work, beside the limits of its modules.
package struct ServiceLimits: Hashable, Sendable {
    /// Bytes of canonical events that wait for the committer at the most; a Record beyond it is
    /// refused. 64 MiB: more than a second of what a disk takes, so that a wait ends before a
    /// client's patience does.
    package var recorderQueueBytesMax = 64 << 20
    /// Bytes that an event counts which waits only for its refusal: its reasons have no size yet.
    package var refusalBytes = 1 << 10
    /// Events that wait for the committer at the most. 131,072.
    package var recorderQueueEventsMax = 131_072
    /// Open files that connections must leave: 256 segments, the logs, and what the process itself
    /// has open.
    static let reservedDescriptors = 512
    /// What is longer is for ever to a connection, and must not overflow a clock: ten years.
    static let connectionAgeMax = Duration.seconds(3_650 * 86_400)
    /// Between two looks at the access file, as often as at the files of TLS.
    static let accessCheckSeconds = 5
    /// When a caller that the server had no room for may come again: full queues are empty by then.
    static let busyDelay = Duration.seconds(1)
    /// Events and bytes of one group commit: what the frame of the store takes, less its headers.
    package var commitEventsMax = 8_192
    package var commitBytesMax = 8 << 20

    /// Requests of one RecordStream that may be under way: enough to fill group commits, and what
    /// stops a client that sends and never reads.
    package var streamUnderWayMax = 256
    /// Bytes of answers of one RecordStream that wait to be read. 4 MiB, a message of the usual
    /// limit: a client that lets more wait does not read while it sends.
    package var streamWaitingBytesMax = 4 << 20

    /// Events that one page looks at before it goes on by token.
    package var pageScanEventsMax = 1_000_000
    /// Blocks of indexed events that one page reads before it does: what a text search may cost,
    /// about a second of decompression.
    package var pageBlocksMax = 65_536
    /// Events of a page when the request says none, and at the most.
    package var pageEventsDefault = 100
    package var pageEventsMax = 1_000
    /// Bytes of a response: the limit of every gRPC client that was not told otherwise.
    package var responseBytesMax = 4 << 20
    /// Ranges that a page names as unreadable before it goes on by token.
    package var unreadableMax = 100
    /// Events that GetEvent looks at, where they are not indexed, for the previous one of a target.
    package var previousScanEventsMax = 1_000_000

    /// Distinct values that a facet counts before it says that it is not complete.
    package var facetValuesMax = 50_000
    /// Bytes of those values and their names, likewise. 16 MiB.
    package var facetBytesMax = 16 << 20
    package var facetsDefault = 100
    package var facetsMax = 1_000

    /// Values of a histogram's field and buckets that they occur in, counted one by one, before it says that it is
    /// not complete; its values are bounded as a facet's. 750,000: 16 MiB, as they are kept.
    package var histogramCellsMax = 750_000
    /// Buckets of a histogram when the request says none: what a chart shows well.
    package var histogramBucketsDefault = 60
    /// Series of a histogram when the request says none, and at the most: what colours can tell apart.
    package var histogramSeriesDefault = 8
    package var histogramSeriesMax = 20

    /// Time for a read whose client gave no deadline.
    package var readTime: Duration = .seconds(30)
    /// Threads that read the disk, and reads that wait for one.
    package var readThreads = 2
    package var waitingReadsMax = 4_096

    /// Time for a snapshot whose client gave no deadline: a copy of a terabyte to a slow disk.
    package var snapshotTime: Duration = .seconds(86_400)

    /// Bytes of events in one message of a feed: large enough to make the frame cost nothing, small
    /// enough that a stuck subscriber holds little.
    package var feedMessageBytesMax = 64 << 10
    /// Events, and bytes of them, of the ring that a feed looks at before it lets others go on.
    package var feedScanEventsMax = 8_192
    package var feedScanBytesMax = 1 << 20
    /// Bytes of messages that feeds with equal filters share, of all of them together. 32 MiB: 512
    /// full messages. What a socket has not taken yet stays beyond it, and is counted there.
    package var feedCacheBytesMax = 32 << 20
    /// Bytes that one reading of the disk gathers for those who catch up: a few messages, so that
    /// all of them go on equally.
    package var catchUpBytesMax = 256 << 10
    /// Bytes of readings that subscribers were given and have not taken, of all of them together; a message
    /// that several hold counts once. 64 MiB: 256 whole readings. Who has no room is read for again
    /// when it takes more, for one message at a time.
    package var feedReadyBytesMax = 64 << 20
    /// Single events that are looked for between two readings.
    package var catchUpLooksMax = 256
    /// Events that one reading looks at, and blocks of segments or frames of logs.
    package var catchUpEventsMax = 65_536
    package var catchUpBlocksMax = 1_024
    /// The time after which one reading ends with what it has.
    package var catchUpReadTime: Duration = .milliseconds(100)
    /// The part of its time that the one thread that reads for those who catch up may work while
    /// events are recorded: a quarter of the smallest machine's two cores. It takes all of its time
    /// otherwise.
    package var catchUpShare = 0.5
    /// Its longest rest after one reading.
    package var catchUpRestMax: Duration = .milliseconds(100)
    /// Sequences skipped by a filter after which a subscriber is told where it stands.
    package var feedUntoldMax: UInt64 = 100_000
    /// How often it is looked whether that many were skipped while nothing matched, and whether a subscriber took
    /// nothing since: then what was read for it is let go. The server's own, so that no client says how long it keeps
    /// memory; also what the operator's count of stuck subscribers is made of.
    package var feedLookInterval: Duration = .seconds(10)
    /// The interval of Progress when the request says none.
    package var progressIntervalDefault: Duration = .seconds(10)

    /// Events of the ring that are looked at for one of an organization, since an event loop does it; one that is
    /// farther away is looked for on the disk.
    static let feedRingLooksMax = 4_096
    /// Organizations whose newest sequences are remembered, at about a hundred bytes each; those of others are
    /// looked up when they are asked for.
    static let rememberedOrganizationsMax = 65_536
    /// Organizations without events whose newest sequences are kept in `sequences.json`, at about a hundred bytes
    /// each.
    static let endedOrganizationsMax = 1_000_000

    package init() {}
}
