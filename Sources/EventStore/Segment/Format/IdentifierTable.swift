import AuditModel

/// From a keyed hash of organization and id to rows: pages of fingerprints, by the hash's high bits.
///
/// A page is its fingerprints (two bytes each) in the order of their rows, then the distances of
/// the rows. What has the fingerprint is a candidate, to be verified by reading the event.
enum IdentifierTable {
    /// The salt is known to nobody who sends ids, so that nobody can choose ids that collide.
    @inline(__always)
    static func hash(
        organization: UnsafeRawBufferPointer, id: EventID, salt: UInt64
    ) -> UInt64 {
        let seed = Checksum.of(organization, salt: salt)
        return withUnsafeBytes(of: (id.high, id.low)) { Checksum.of($0, salt: seed) }
    }

    static func pages(for identifiers: Int) -> Int {
        (identifiers + Limits.identifiersPerPage - 1) / Limits.identifiersPerPage
    }

    @inline(__always)
    static func page(of hash: UInt64, pages: Int) -> Int {
        // The shift binds tighter than the product.
        Int(((hash >> 32) &* UInt64(pages)) >> 32)
    }

    @inline(__always)
    static func fingerprint(of hash: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: hash) }

    /// - Parameters:
    ///   - events: numbers of the page's events, ascending.
    ///   - rows: by that number.
    static func writePage(
        _ events: UnsafeMutableBufferPointer<UInt32>, hashes: borrowing FlatArray<UInt64>,
        rows: borrowing FlatArray<Row>, to bytes: inout FlatArray<UInt8>
    ) {
        bytes.append(varint: events.count)
        for event in events {
            bytes.append(littleEndian: fingerprint(of: hashes[Int(event)]))
        }
        var next: Row = 0
        for event in events {
            let row = rows[Int(event)]
            bytes.append(varint: UInt64(row - next))
            next = row + 1
        }
    }

    /// How many ids a page holds; nil unless it is as it was written.
    static func count(of page: UnsafeRawBufferPointer) -> Int? {
        var count = 0
        var reader = ByteReader(page)
        let said = reader.count()
        _ = reader.slice(min(said, page.count) * 2)
        while reader.isValid, !reader.isAtEnd {
            _ = reader.varint()
            count += 1
        }
        return reader.isDone && count == said ? count : nil
    }

    /// Calls `body` with the rows whose fingerprint is that of `hash`, ascending, until it returns
    /// true. False unless the page is as it was written.
    static func visitCandidates(
        _ hash: UInt64, in page: UnsafeRawBufferPointer, _ body: (Row) -> Void
    ) -> Bool {
        var reader = ByteReader(page)
        let count = reader.count()
        guard count <= page.count / 3 else { return false }
        let fingerprints = reader.slice(count * 2)
        guard reader.isValid else { return false }
        let wanted = fingerprint(of: hash)
        var next: UInt64 = 0
        for index in 0..<count {
            next += reader.varint()
            guard next < UInt64(Row.max) else { return false }
            if fingerprints.loadLittleEndian(UInt16.self, at: index * 2) == wanted {
                body(Row(next))
            }
            next += 1
        }
        return reader.isDone
    }
}

extension IdentifierTable {
    static func writeIndex(_ lengths: borrowing FlatArray<Int>, to bytes: inout FlatArray<UInt8>) {
        bytes.append(varint: lengths.count)
        for length in lengths.elements { bytes.append(varint: length) }
    }

    /// Nil unless the pages fill the part of the table.
    static func readIndex(
        _ bytes: UnsafeRawBufferPointer, part: Range<Int>, events: Int
    ) -> [Piece]? {
        var reader = ByteReader(bytes)
        let count = reader.count()
        guard count == pages(for: events), count < bytes.count else { return nil }
        var pages: [Piece] = []
        pages.reserveCapacity(count)
        var offset = part.lowerBound
        for _ in 0..<count {
            let piece = Piece(offset: offset, length: reader.count())
            pages.append(piece)
            offset = piece.end
        }
        return reader.isDone && offset == part.upperBound ? pages : nil
    }
}
