import AuditModel
internal import Synchronization

/// The filter of a segment's terms in memory, read when a search first asks. Stays as long as the
/// segment: every search looks at the filters of all segments, and a cache would cost more than the look.
struct ResidentFilter: ~Copyable, Sendable {
    /// Of bytes that are written before it and never again; 0: not read.
    private let address = Atomic<UInt>(0)
    private let count = Atomic<Int>(0)

    deinit {
        UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring))?.deallocate()
    }

    /// Valid as long as this is; nil before it was read.
    @inline(__always)
    var bytes: UnsafeRawBufferPointer? {
        guard let start = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else {
            return nil
        }
        return UnsafeRawBufferPointer(start: start, count: count.load(ordering: .relaxed))
    }

    /// Keeps a copy; false when another thread did at the same time.
    fileprivate func keep(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count, alignment: HashFilter.blockBytes)
        copy.copyMemory(from: bytes)
        // Whichever thread is first, it is the same count.
        count.store(bytes.count, ordering: .relaxed)
        let start = UInt(bitPattern: copy.baseAddress)
        let (isFirst, _) = address.compareExchange(
            expected: 0, desired: start, ordering: .acquiringAndReleasing)
        if !isFirst { copy.deallocate() }
        return isFirst
    }
}

extension Segment {
    /// False when no event here can match. Reads the filter once.
    @inline(__always)
    func mayMatch(_ probe: SearchProbe) -> Bool {
        if let filter = residentTermFilter.bytes {
            return probe.mayMatch(filter, salt: salt)
        }
        return mayMatchUnread(probe)
    }

    /// A filter that cannot be read excludes nothing.
    private func mayMatchUnread(_ probe: SearchProbe) -> Bool {
        guard bounds.events > 0, let piece = footer.piece(.termFilter) else {
            return bounds.events > 0
        }
        let isTaken = resources.takeTermFilterBytes(piece.length)
        var isKept = false
        defer { if isTaken, !isKept { resources.giveBackTermFilterBytes(piece.length) } }
        guard let filter = try? isTaken ? readTermFilter() : cachedTermFilter() else {
            return true
        }
        if isTaken { isKept = residentTermFilter.keep(filter.bytes) }
        return probe.mayMatch(filter.bytes, salt: salt)
    }

    private func cachedTermFilter() throws(StoreError) -> CachedBytes {
        try cached(.termFilter) { () throws(StoreError) in
            CachedBytes(try readCopy(.termFilter))
        }
    }

    /// Nil in segments of earlier programs, which have none.
    func readTermFilter() throws(StoreError) -> CachedBytes? {
        guard !footer[.termFilter].isEmpty else { return nil }
        return CachedBytes(try readCopy(.termFilter))
    }
}
