internal import CRoaring

/// An immutable set of rows: a Roaring bitmap, shared by its copies.
package struct RowSet: Sendable {
    private let storage: Storage

    package static let empty = RowSet([])

    /// - Parameter rows: in any order.
    package init(_ rows: UnsafeBufferPointer<Row>) {
        storage = Storage(roaring_bitmap_of_ptr(rows.count, rows.baseAddress))
    }

    package init(_ rows: [Row]) {
        self = rows.withUnsafeBufferPointer { RowSet($0) }
    }

    package init(_ range: Range<Row>) {
        storage = Storage(
            range.isEmpty
                ? roaring_bitmap_create()
                : roaring_bitmap_from_range(
                    UInt64(range.lowerBound), UInt64(range.upperBound), 1))
    }

    private init(_ bitmap: UnsafeMutablePointer<roaring_bitmap_t>?) {
        storage = Storage(bitmap)
    }

    /// Frees the bitmap with its last user.
    private final class Storage: Sendable {
        let handle: Handle

        init(_ bitmap: UnsafeMutablePointer<roaring_bitmap_t>?) {
            guard let bitmap else { fatalError("out of memory") }
            handle = Handle(bitmap: bitmap)
        }
    }

    private struct Handle: ~Copyable, @unchecked Sendable {
        // @unchecked: nothing changes the bitmap after init, and CRoaring's reading functions
        // write nothing.
        let bitmap: UnsafeMutablePointer<roaring_bitmap_t>

        deinit {
            roaring_bitmap_free(bitmap)
        }
    }

    private var bitmap: UnsafeMutablePointer<roaring_bitmap_t> { storage.handle.bitmap }
}

extension RowSet {
    package var count: Int { Int(roaring_bitmap_get_cardinality(bitmap)) }
    package var isEmpty: Bool { roaring_bitmap_is_empty(bitmap) }
    package var first: Row? { isEmpty ? nil : roaring_bitmap_minimum(bitmap) }
    package var last: Row? { isEmpty ? nil : roaring_bitmap_maximum(bitmap) }

    package func contains(_ row: Row) -> Bool { roaring_bitmap_contains(bitmap, row) }

    /// How many rows of the set are less than `row`.
    package func count(below row: Row) -> Int {
        row == 0 ? 0 : Int(roaring_bitmap_rank(bitmap, row - 1))
    }

    /// The row with so many rows of the set before it; nil when the set is not that large.
    package func row(at rank: Int) -> Row? {
        var row: Row = 0
        guard let rank = UInt32(exactly: rank), roaring_bitmap_select(bitmap, rank, &row) else {
            return nil
        }
        return row
    }

    /// In ascending order.
    package var rows: [Row] {
        let count = count
        return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            roaring_bitmap_to_uint32_array(bitmap, buffer.baseAddress)
            initialized = count
        }
    }

    /// In memory.
    var residentBytes: Int { roaring_bitmap_portable_size_in_bytes(bitmap) + 64 }
}

extension RowSet {
    package func intersection(_ other: RowSet) -> RowSet {
        RowSet(roaring_bitmap_and(bitmap, other.bitmap))
    }

    /// The rows of the set that lie in the range.
    package func intersection(_ range: Range<Row>) -> RowSet { intersection(RowSet(range)) }

    package func union(_ other: RowSet) -> RowSet {
        RowSet(roaring_bitmap_or(bitmap, other.bitmap))
    }

    package static func union(of sets: [RowSet]) -> RowSet {
        guard sets.count > 1 else { return sets.first ?? .empty }
        var bitmaps = sets.map { UnsafePointer<roaring_bitmap_t>?($0.bitmap) }
        return withExtendedLifetime(sets) {
            RowSet(roaring_bitmap_or_many(bitmaps.count, &bitmaps))
        }
    }

    package func subtracting(_ other: RowSet) -> RowSet {
        RowSet(roaring_bitmap_andnot(bitmap, other.bitmap))
    }

    /// The size of the intersection, without making it.
    package func intersectionCount(_ other: RowSet) -> Int {
        Int(roaring_bitmap_and_cardinality(bitmap, other.bitmap))
    }
}

extension RowSet: Equatable {
    package static func == (left: RowSet, right: RowSet) -> Bool {
        roaring_bitmap_equals(left.bitmap, right.bitmap)
    }
}

extension RowSet {
    /// From the first row at or after `row` on, ascending.
    package func walk(from row: Row = 0) -> RowWalk {
        var walk = RowWalk(of: self, backward: false)
        walk.start(at: row, bitmap)
        return walk
    }

    /// From the last row at or before `row` on, descending.
    package func walkBackward(from row: Row = .max) -> RowWalk {
        var walk = RowWalk(of: self, backward: true)
        walk.start(at: row, bitmap)
        return walk
    }
}

/// A walk over a set; keeps it alive. Used by one thread.
package struct RowWalk: ~Copyable {
    private let set: RowSet
    private let isBackward: Bool
    private var iterator = roaring_uint32_iterator_t()

    fileprivate init(of set: RowSet, backward: Bool) {
        self.set = set
        isBackward = backward
    }

    fileprivate mutating func start(at row: Row, _ bitmap: UnsafePointer<roaring_bitmap_t>) {
        roaring_init_iterator(bitmap, &iterator)
        let isThere = roaring_move_uint32_iterator_equalorlarger(&iterator, row)
        guard isBackward else { return }
        if !isThere {
            roaring_init_iterator_last(bitmap, &iterator)
        } else if iterator.current_value > row {
            roaring_previous_uint32_iterator(&iterator)
        }
    }

    package mutating func next() -> Row? {
        guard iterator.has_value else { return nil }
        let row = iterator.current_value
        if isBackward {
            roaring_previous_uint32_iterator(&iterator)
        } else {
            roaring_advance_uint32_iterator(&iterator)
        }
        return row
    }
}
