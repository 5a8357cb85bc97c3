import AuditModel

/// One entry of the term dictionary. Valid only inside the call that it is passed to.
struct TermEntry {
    var key: UnsafeRawBufferPointer
    var rows: Int
    var form: PostingList.Form
    var list: TermBlockWalk.List
    fileprivate var file: SegmentFile
    /// Of its block.
    fileprivate var piece: Piece

    /// The error for an entry that makes no sense. Made when it is needed: facets walk over many entries.
    var damaged: StoreError { file.damaged("does not add up", piece, .terms) }
}

extension Segment {
    /// Visits the entries whose keys start with `prefix` in order, until `body` returns false. Reads
    /// one block, and further ones only when the entries go on there.
    func visitTerms(
        startingWith prefix: [UInt8], _ body: (TermEntry) throws(StoreError) -> Bool
    ) throws(StoreError) {
        let index = try termIndex()
        var number = index.block(for: prefix)
        while number < index.count {
            let block = try termBlock(number, index)
            var walk = TermBlockWalk(block.bytes)
            while walk.next() {
                let order = prefix.withUnsafeBytes { prefix in
                    walk.key.starts(with: prefix) ? 0 : walk.key.compare(prefix)
                }
                if order < 0 { continue }
                guard order == 0 else { return }
                let entry = TermEntry(
                    key: walk.key, rows: walk.rows, form: walk.form, list: walk.list, file: file,
                    piece: index.piece(number))
                guard try body(entry) else { return }
            }
            guard walk.isValid else {
                throw file.damaged("does not add up", index.piece(number), .terms)
            }
            number += 1
            guard number < index.count, index.startsNotAfter(prefix, number) else { return }
        }
    }

    func termIndex() throws(StoreError) -> TermIndex {
        try cached(.termIndex) { () throws(StoreError) in
            try readPacked(.termIndex) { TermIndex($0, part: footer[.terms]) }
        }
    }

    func termBlock(_ number: Int, _ index: TermIndex) throws(StoreError) -> CachedBytes {
        try cached(.termBlock, UInt64(number)) { () throws(StoreError) in
            switch file.header.format {
            case .first:
                try readPackedPiece(index.piece(number), of: .terms)
            case .packed:
                try readPiece(index.piece(number), of: .terms) { PackedTextPiece.read($0, &$1) }
            }
        }
    }

    func readPackedPiece(
        _ piece: Piece, of part: SegmentPart
    ) throws(StoreError) -> CachedBytes {
        try readPiece(piece, of: part) { PackedPiece.read($0, &$1) }
    }

    private func readPiece(
        _ piece: Piece, of part: SegmentPart,
        _ read: (UnsafeRawBufferPointer, inout Decompressor) -> OwnedBytes?
    ) throws(StoreError) -> CachedBytes {
        let packed = try file.read(piece, of: part)
        guard let bytes = resources.withDecompressor({ read(packed.bytes, &$0) })
        else { throw file.damaged("does not add up", piece, part) }
        return CachedBytes(bytes)
    }

    /// Calls `body` with the numbers of an entry's list, ascending and below `limit`.
    func withRanks(
        _ entry: TermEntry, below limit: Int,
        _ body: (UnsafeMutableBufferPointer<UInt32>) -> Void
    ) throws(StoreError) {
        // Before memory is taken for them.
        guard entry.rows <= limit else { throw entry.damaged }
        let outside: CachedBytes?
        let bytes: UnsafeRawBufferPointer
        switch entry.list {
        case .inside(let list):
            outside = nil
            bytes = list
        case .outside(let place):
            let start = footer[.postings].lowerBound
            let piece = Piece(offset: start + place.offset, length: place.length)
            guard piece.end <= footer[.postings].upperBound else { throw entry.damaged }
            let list = try cached(.postings, UInt64(place.offset)) { () throws(StoreError) in
                try readPackedPiece(piece, of: .postings)
            }
            outside = list
            bytes = list.bytes
        }
        let done: Void? = PostingList.withNumbers(
            bytes, entry.form, count: entry.rows, below: limit, body)
        withExtendedLifetime(outside) {}
        guard done != nil else { throw entry.damaged }
    }
}

extension PostingList {
    /// Calls `body` with the numbers of a list; nil, without a call, when it is not what was written.
    static func withNumbers<Result>(
        _ bytes: UnsafeRawBufferPointer, _ form: Form, count: Int, below limit: Int,
        _ body: (UnsafeMutableBufferPointer<UInt32>) -> Result
    ) -> Result? {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { numbers in
            decode(bytes, form, below: limit, into: numbers) ? body(numbers) : nil
        }
    }
}

/// The first key of each block of the term dictionary, and where the block is.
final class TermIndex: CachedPart {
    private let keys: [UInt8]
    private let blocks: [Block]

    private struct Block {
        var key: Range<Int>
        var piece: Piece
    }

    /// Nil unless the blocks fill the part of the terms.
    init?(_ bytes: UnsafeRawBufferPointer, part: Range<Int>) {
        var reader = ByteReader(bytes)
        let count = reader.count()
        guard count <= bytes.count / 2 else { return nil }
        var blocks: [Block] = []
        blocks.reserveCapacity(count)
        var keys: [UInt8] = []
        var offset = part.lowerBound
        for _ in 0..<count {
            let piece = Piece(offset: offset, length: reader.count())
            let start = keys.count
            keys += reader.slice(reader.count())
            blocks.append(Block(key: start..<keys.count, piece: piece))
            offset = piece.end
        }
        guard reader.isDone, offset == part.upperBound else { return nil }
        self.keys = keys
        self.blocks = blocks
    }

    var count: Int { blocks.count }

    var residentBytes: Int { keys.count + blocks.count * MemoryLayout<Block>.stride }

    func piece(_ number: Int) -> Piece { blocks[number].piece }

    /// The block in which the first key that starts with `prefix` is, if there is one.
    func block(for prefix: [UInt8]) -> Int {
        max(0, blocks.partitionIndex { order($0, prefix) >= 0 } - 1)
    }

    /// Whether keys with the prefix may be in a block behind one that has some.
    func startsNotAfter(_ prefix: [UInt8], _ number: Int) -> Bool {
        let key = keys[blocks[number].key]
        return key.starts(with: prefix) || order(blocks[number], prefix) < 0
    }

    private func order(_ block: Block, _ key: [UInt8]) -> Int {
        keys.withUnsafeBytes { keys in
            key.withUnsafeBytes { key in
                UnsafeRawBufferPointer(rebasing: keys[block.key]).compare(key)
            }
        }
    }
}
