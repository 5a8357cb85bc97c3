/// Builds the blocks of the term dictionary. An entry is
///
///     shared     varint, bytes that its key has in common with the key before it; 0 in the first
///     rest       varint, then so many bytes: the rest of the key
///     tag        varint, rows * 4 + 2 when they are stored outside + the form of the list
///     length     varint, of the list; outside: its place in the part of the postings, then its length
///     list       unless outside
struct TermBlockBuilder: ~Copyable {
    private(set) var block = FlatArray<UInt8>(capacity: 2 * Limits.termBlockBytes)
    private var lastKey = FlatArray<UInt8>()
    /// Of the block's first entry.
    private(set) var firstKey = FlatArray<UInt8>()

    /// Where the list of an entry is.
    enum Place {
        case inside(UnsafeRawBufferPointer)
        /// Relative to the part of the postings.
        case outside(offset: Int, length: Int)
    }

    var isFull: Bool { block.count >= Limits.termBlockBytes }
    var isEmpty: Bool { block.isEmpty }

    /// Keys come in ascending order.
    mutating func append(
        _ key: UnsafeRawBufferPointer, rows: Int, _ form: PostingList.Form, _ place: Place
    ) {
        var shared = 0
        if block.isEmpty {
            firstKey.removeAll()
            firstKey.append(key)
        } else {
            let last = lastKey.bytes
            let most = min(last.count, key.count)
            while shared < most, last[shared] == key[shared] { shared += 1 }
        }
        lastKey.removeAll()
        lastKey.append(key)
        block.append(varint: shared)
        block.append(varint: key.count - shared)
        block.append(UnsafeRawBufferPointer(rebasing: key[shared...]))
        switch place {
        case .inside(let list):
            block.append(varint: UInt64(rows) << 2 | form.rawValue)
            block.append(varint: list.count)
            block.append(list)
        case .outside(let offset, let length):
            block.append(varint: UInt64(rows) << 2 | 2 | form.rawValue)
            block.append(varint: offset)
            block.append(varint: length)
        }
    }

    /// Forgets the block, which the caller has written.
    mutating func clear() { block.removeAll() }
}

/// Walks over the entries of a block. The block must outlive it.
struct TermBlockWalk: ~Copyable {
    private var reader: ByteReader
    private var keyBytes = FlatArray<UInt8>(capacity: 128)
    private(set) var rows = 0
    private(set) var form = PostingList.Form.gaps
    private(set) var list = List.inside(UnsafeRawBufferPointer(start: nil, count: 0))

    enum List {
        case inside(UnsafeRawBufferPointer)
        /// Relative to the part of the postings.
        case outside(Piece)
    }

    init(_ block: UnsafeRawBufferPointer) {
        reader = ByteReader(block)
    }

    /// Of the current entry; valid until the next one.
    var key: UnsafeRawBufferPointer { keyBytes.bytes }

    /// Everything that was read so far was as it is written.
    var isValid: Bool { reader.isValid }

    /// Goes to the next entry; false at the end, or when the bytes are not as they are written.
    mutating func next() -> Bool {
        guard reader.isValid, !reader.isAtEnd else { return false }
        let shared = reader.count()
        let rest = reader.slice(reader.count())
        guard shared <= keyBytes.count else {
            reader.invalidate()
            return false
        }
        keyBytes.truncate(to: shared)
        keyBytes.append(rest)
        let tag = reader.varint()
        rows = Int(truncatingIfNeeded: tag >> 2)
        form = tag & 1 == 0 ? .gaps : .runs
        if tag & 2 == 0 {
            list = .inside(reader.slice(reader.count()))
        } else {
            let offset = reader.count()
            list = .outside(Piece(offset: offset, length: reader.count()))
        }
        return reader.isValid
    }
}
