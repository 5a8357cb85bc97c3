/// What the store may take, whatever it is asked or finds on disk.
package enum Limits {
    /// Bytes of one frame, header and end mark included. One group commit is one frame; a Record
    /// message is at most 4 MiB, and a frame must fit into memory to be verified.
    package static let frameBytesMax = 16 * 1024 * 1024

    /// Events of one frame. Bounds the entries that a damaged count could ask memory for.
    package static let frameEventsMax = 16_384

    /// Bytes of one organization's name in a frame; the contract allows 128,
    /// and more fit so that a later one may allow more.
    package static let organizationBytesMax = 4 * 1024

    /// Bytes between two remembered positions of a log: what a read by sequence must look through,
    /// and 24 bytes of memory each.
    package static let blockBytes = 64 * 1024

    /// The least and the most that a log may be told to grow to before the next one begins.
    /// Positions in a log are kept in 32 bits.
    package static let logBytesRange = 4 * 1024...1024 * 1024 * 1024

    /// Bytes of zeros that are written ahead of small frames, so that their sync changes no
    /// metadata.
    package static let preallocationBytes = 4 * 1024 * 1024

    /// Frames from this size on are written behind the zeros' end as they are: zeros first would
    /// double their bytes, and the metadata that a sync then also writes is small beside them.
    package static let preallocatedFrameBytesMax = 256 * 1024

    /// Bytes that must be free before a disk that was full counts as having room: those ahead of small
    /// frames twice, so that the answer does not come and go with the sizes of batches.
    package static let roomBytes = 8 * 1024 * 1024

    /// Frames of logs that are kept once they were read: retries of one batch look up events of the same
    /// frame, and the newest page is asked for again and again.
    package static let cachedFrames = 256

    /// Bytes of those frames together: about a log, so that small pages of large batches, which are
    /// frames, do not read the log anew each time.
    package static let cachedFrameBytesMax = 64 * 1024 * 1024

    /// A log spans at most this part of the retention, so that a store that fills slowly does not keep
    /// expired events on disk until its log is full.
    package static let logsPerRetention = 8

    /// A segment is written anew without its expired events when this part of its events has expired:
    /// each event is then written at most about three times more, however the ages are mixed, and what
    /// is hidden takes at most a quarter of the events' space for long.
    package static let deadShare = 4

    /// How far the wall clock may run ahead of the steady clock before retention stops following
    /// it: covers the steps of a time service, and not a mistyped year.
    package static let clockLeadMax: Duration = .seconds(3600)

    // MARK: Snapshots

    /// Bytes of a snapshot's marker that are read; it has about 200.
    package static let snapshotMarkerBytesMax = 4 * 1024

    /// Bytes of a file of the service that goes into a snapshot.
    package static let companionBytesMax = 64 * 1024 * 1024

    /// Bytes that a snapshot copies at a time.
    package static let snapshotCopyBytes = 1024 * 1024

    /// Sequences that a restored store passes over when the clock must be wrong: eleven days of a
    /// million events a second.
    package static let restoredSkip = 1_000_000_000_000

    /// More events a microsecond than any machine stores: by the clock, no sequence is above this times
    /// the microseconds since `clockSequenceEpoch`.
    package static let sequencesPerMicrosecond: UInt64 = 2

    /// 2026-01-01T00:00:00Z in nanoseconds since 1970: what is later keeps sequences below 2^53, which
    /// every reader of JSON can tell apart, until 2168.
    package static let clockSequenceEpoch: Int64 = 1_767_225_600_000_000_000

    /// A restored store begins one behind a multiple of it, for the eye: half a millisecond of sequences, less
    /// than a start takes.
    package static let restoredSequenceGrain: UInt64 = 1000

    // MARK: Search

    /// Bytes of the indexes of all logs. One log's is at most about three times as large as the log;
    /// when all of them are larger, the oldest logs are searched by looking at each event.
    package static let logIndexBytesMax = 512 * 1024 * 1024

    /// Events that a search indexes before it looks, about 10 milliseconds of work: more are left
    /// to the thread that indexes, and looked at one by one until it has done so.
    package static let indexedBySearchMax = 4096

    // MARK: Segments

    /// Bytes that the cache of all segments holds: decompressed blocks, parts of indexes, bitmaps.
    package static let segmentCacheBytes = 256 * 1024 * 1024

    /// Segments whose files are open; descriptors are also needed for connections.
    package static let openSegmentsMax = 256

    /// Bytes of events in one compressed block: what reading a single event must decompress, about
    /// 10 microseconds. The dictionary is why larger blocks would gain little.
    package static let eventBlockBytes = 16 * 1024

    /// Events of one block. Bounds the entries that a damaged count could ask memory for.
    package static let eventBlockEventsMax = 1024

    /// What a block may claim to decompress to: one event can be as large as a frame, and the marks of
    /// `HexText` can double it.
    package static let eventBlockRawBytesMax = 3 * frameBytesMax

    /// zstd's. Measured on events of 635 bytes whose digits lie apart: level 3 saves 1 % for a quarter more
    /// time.
    package static let compressionLevel: Int32 = 1

    /// Bytes of the dictionary that the blocks of a segment share, and the part of the samples that
    /// it may have: small segments get a small one. Read once by whoever reads an event.
    package static let compressionDictionaryBytesMax = 256 * 1024
    package static let samplesPerDictionary = 16

    /// Bytes of events that are held back until they have trained the dictionary.
    package static let compressionSampleBytes = 4 * 1024 * 1024

    /// Bytes of one value or qualifier that is indexed. The contract allows 1,024.
    package static let termBytesMax = 1024

    /// Fields that events are indexed by; 0 is the store's own. The index in memory takes four bytes for
    /// each in each organization.
    package static let termFields = 32

    /// Bytes of terms in one block of the term dictionary, before compression: what a lookup reads.
    package static let termBlockBytes = 8 * 1024

    /// Encoded bytes from which on a set of rows lies outside the term's block, so that walking over
    /// many terms does not read the sets of all of them.
    package static let inlinePostingBytesMax = 256

    /// Values of occurred_at in one chunk of their column, and those that share a bit width.
    package static let occurredChunkValues = 4096
    package static let occurredGroupValues = 128

    /// Buckets of time that the rows of an index are counted in: a row takes two bytes while they are.
    package static let bucketsMax = 4096

    /// Ids in one page of the id table: what finding one reads, 2 KiB.
    package static let identifiersPerPage = 512

    /// Bits of the filter for each id: 0.6 % of new ids get past it to the table.
    package static let filterBitsPerIdentifier = 12

    /// Bits of the filter of terms for each: 1 in 700 of those that are not there gets past it to the term
    /// dictionary, which costs about 100 times more than the filter.
    package static let filterBitsPerTerm = 16

    /// Bytes of such filters that stay in memory with their segments: those of some 300 full ones. Those
    /// of the others are in the cache.
    package static let termFilterBytesMax = 64 * 1024 * 1024

    /// Bytes of the id's text form are looked for in so many first bytes of the payload, so that the id
    /// is not stored twice.
    package static let identifierTextOffsetMax = 16

    /// And the organization likewise, and behind the id when it occurred.
    package static let organizationOffsetMax = 128
    package static let timeOffsetMax = 128

    /// Bytes between what a payload ends in and, each before the other, recorded_at and the sequence.
    static let knownTextDistanceMax = 8

    /// A time of fewer bytes is found anywhere by chance.
    static let knownTextBytesMin = 4

    /// What a piece of a segment may claim to decompress to before memory is taken for it.
    package static let segmentPieceBytesMax = 1024 * 1024 * 1024

    /// Bytes that a writer of a segment gathers before it writes them.
    package static let segmentWriteBytes = 256 * 1024

    /// Decompressors that are kept for the next reader, about 160 KiB each; more threads make their own.
    package static let decompressorsMax = 8

    /// Events that the active index takes while readers of it wait.
    package static let indexedEventsPerLock = 64

    /// Findings of one verification; a disk that is gone has more places than anyone reads.
    package static let findingsMax = 1000

    // MARK: Repair

    /// Events that the largest log can hold, none shorter than its header: what a log may have held of
    /// which nothing can be read.
    static let logEntriesMax = (logBytesRange.upperBound + frameBytesMax) / EventHeader.bytes

    /// Bytes of a damaged file that are looked through at a time.
    static let salvageBytes = 1024 * 1024

    /// Segments without events that stand for a hole between two files. Each has 2^32 rows: more
    /// sequences than that are not missing, they were never given.
    static let fillersMax = 16

    /// Ranges of lost events that are remembered, at most 42 bytes each, and their file.
    package static let lostRangesMax = 100_000
    static let lostFileBytesMax = lostRangesMax * 42 + 256

    /// Places of one damaged file that a repair names.
    static let findingsPerFile = 20

    /// Folders of damaged files that are made in one second.
    static let damagedFoldersMax = 100
}
