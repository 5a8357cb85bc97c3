public import AuditModel

/// `auditrpc.v1.StoreStatus`: the files of a server's store, of all organizations together.
public struct StoreStatus: Hashable, Sendable {
    /// Sealed, compressed files.
    public var segmentCount: UInt64 = 0
    /// Files that events are appended to, or that wait to be sealed.
    public var logCount: UInt64 = 0
    public var segmentBytes: UInt64 = 0
    public var logBytes: UInt64 = 0
    /// In segments.
    public var sealedEventCount: UInt64 = 0
    /// That those have without compression and indexes.
    public var sealedEventBytes: UInt64 = 0
    /// Full and not sealed yet.
    public var sealableLogCount: UInt64 = 0
    /// Not to be sealed, since a part of them cannot be read.
    public var damagedLogCount: UInt64 = 0
    /// The size cap; zero without one.
    public var maxBytes: UInt64 = 0
    /// What the size cap removed since the start.
    public var droppedEventCount: UInt64 = 0
    public var droppedBytes: UInt64 = 0
    /// Nil before the first one.
    public var lastSweepAt: Timestamp?
    /// What retention removed since the start.
    public var sweptEventCount: UInt64 = 0
    public var sweptBytes: UInt64 = 0
    /// Those that a repair could not save; some may never have been.
    public var lostEventCount: UInt64 = 0

    public init() {}
}
