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

    /// Frames that `read` and `find` keep for the next call: retries of one batch look up events of
    /// the same frame.
    package static let cachedFrames = 8

    /// Bytes of those frames together.
    package static let cachedFrameBytesMax = 16 * 1024 * 1024

    /// A log spans at most this part of the retention, so that a store that fills slowly does not keep
    /// expired events on disk until its log is full.
    package static let logsPerRetention = 8

    /// How far the wall clock may run ahead of the steady clock before retention stops following
    /// it: covers the steps of a time service, and not a mistyped year.
    package static let clockLeadMax: Duration = .seconds(3600)
}
