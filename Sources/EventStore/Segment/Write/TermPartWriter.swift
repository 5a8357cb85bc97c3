import AuditModel

/// Writes the term dictionary of a segment and the sets of rows that do not fit into it.
struct TermPartWriter: ~Copyable {
    private let index: IndexBuilder
    private var builder = TermBlockBuilder()
    private var compressor = Compressor(nil, blockBytes: Limits.termBlockBytes)
    private var packer = HexPacker()
    /// Of each block: its length and first key.
    private var blocks = FlatArray<UInt8>()
    private var blockCount = 0
    private var key = FlatArray<UInt8>(capacity: 256)
    private var list = FlatArray<UInt8>()
    private var packed = FlatArray<UInt8>(capacity: 2 * Limits.termBlockBytes)
    /// The part of the postings: it lies behind the terms, so that it waits.
    private var postings = FlatArray<UInt8>()
    private var postingPieces: [Range<Int>] = []

    init(_ index: IndexBuilder) {
        self.index = index
    }

    /// Writes terms, index of terms, and postings.
    mutating func write(
        to output: inout SegmentOutput, _ footer: inout SegmentFooter
    ) throws(StoreError) {
        var start = output.offset
        let order = sortedTerms()
        for place in order.elements { try append(Int(place.term), to: &output) }
        try endBlock(to: &output)
        footer[.terms] = start..<output.offset

        start = output.offset
        var bytes = FlatArray<UInt8>()
        bytes.append(varint: blockCount)
        bytes.append(blocks.bytes)
        packed.removeAll()
        PackedPiece.write(bytes.bytes, &compressor, to: &packed)
        try output.append(packed.bytes)
        footer[.termIndex] = start..<output.offset

        start = output.offset
        for range in postingPieces {
            try output.append(UnsafeRawBufferPointer(rebasing: postings.bytes[range]))
        }
        footer[.postings] = start..<output.offset
    }

    struct SortKey: BitwiseCopyable {
        /// The organization's place among all, then the field.
        var place: UInt64
        /// The first bytes of the value, zero byte and qualifier, the first in the highest byte.
        var start: UInt64
        var term: UInt32
    }

    /// The terms in the order of their keys.
    private func sortedTerms() -> FlatArray<SortKey> {
        let places = organizationPlaces()
        var order = FlatArray<SortKey>(capacity: index.terms.count)
        for number in 0..<index.terms.count {
            let term = index.terms.terms[number]
            let place = UInt64(places[Int(term.organization)]) << 8 | UInt64(term.field)
            order.append(
                SortKey(
                    place: place, start: start(of: index.terms.key(of: number)),
                    term: UInt32(number)))
        }
        var elements = order.elements
        elements.sort { left, right in
            if left.place != right.place { return left.place < right.place }
            if left.start != right.start { return left.start < right.start }
            return index.terms.key(of: Int(left.term)).compare(
                index.terms.key(of: Int(right.term))) < 0
        }
        return order
    }

    private func start(of key: UnsafeRawBufferPointer) -> UInt64 {
        if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
        var start: UInt64 = 0
        for index in 0..<8 { start = start << 8 | (index < key.count ? UInt64(key[index]) : 0) }
        return start
    }

    /// By the number of an organization: where it stands among all, shorter ones first.
    private func organizationPlaces() -> [UInt32] {
        let numbers = (0..<index.organizations.count).sorted { left, right in
            let (left, right) = (
                index.organizations.name(of: left), index.organizations.name(of: right)
            )
            return left.count != right.count ? left.count < right.count : left.compare(right) < 0
        }
        var places = [UInt32](repeating: 0, count: numbers.count)
        for (place, number) in numbers.enumerated() { places[number] = UInt32(place) }
        return places
    }

    private mutating func append(
        _ number: Int, to output: inout SegmentOutput
    ) throws(StoreError) {
        let term = index.terms.terms[number]
        let organization = index.organizations.name(of: Int(term.organization))
        key.removeAll()
        key.append(UInt8(truncatingIfNeeded: organization.count >> 8))
        key.append(UInt8(truncatingIfNeeded: organization.count))
        key.append(organization)
        key.append(term.field)
        key.append(index.terms.key(of: number))
        let form = encodeRows(of: number, term)
        if list.count <= Limits.inlinePostingBytesMax {
            builder.append(key.bytes, rows: Int(term.events), form, .inside(list.bytes))
        } else {
            let start = postings.count
            PackedPiece.write(list.bytes, &compressor, to: &postings)
            let range = start..<postings.count
            builder.append(
                key.bytes, rows: Int(term.events), form,
                .outside(
                    offset: start + postingPieces.count * Piece.checksumBytes, length: range.count))
            postingPieces.append(range)
        }
        if builder.isFull { try endBlock(to: &output) }
    }

    /// Fills `list`: rows of an organization, and of anything else the ranks among those.
    private mutating func encodeRows(of number: Int, _ term: TermTable.Term) -> PostingList.Form {
        list.removeAll()
        let index = index
        return withUnsafeTemporaryAllocation(
            of: UInt32.self, capacity: Int(term.events)
        ) { numbers in
            index.terms.fill(numbers, of: number)
            if term.field == TermKey.organizationRows {
                for place in numbers.indices { numbers[place] = index.rows[Int(numbers[place])] }
            } else {
                for place in numbers.indices { numbers[place] = index.ranks[Int(numbers[place])] }
            }
            return PostingList.append(numbers, to: &list)
        }
    }

    private mutating func endBlock(to output: inout SegmentOutput) throws(StoreError) {
        guard !builder.isEmpty else { return }
        packed.removeAll()
        PackedTextPiece.write(builder.block.bytes, &packer, &compressor, to: &packed)
        let piece = try output.append(packed.bytes)
        blocks.append(varint: piece.length)
        blocks.append(varint: builder.firstKey.count)
        blocks.append(builder.firstKey.bytes)
        blockCount += 1
        builder.clear()
    }
}
