import AuditModel

/// occurred_at of the events that are there, in chunks of `Limits.occurredChunkValues`, so that a range of
/// time is exact by row without reading events.
///
/// Times are often whole milliseconds: what divides all of a chunk is divided out. The rest is
/// packed in groups: their least value, and each value's distance from it in as many bits as the
/// largest needs.
enum OccurredColumn {
    /// The first that divides all times of a chunk counts; nanoseconds.
    static let units: [Int64] = [1_000_000_000, 1_000_000, 1_000, 1]

    struct Chunk {
        var least: Timestamp
        var greatest: Timestamp
        var piece: Piece
    }

    static func unit(of times: UnsafeMutableBufferPointer<Int64>) -> Int {
        var unit = 0
        for time in times {
            while time % units[unit] != 0 { unit += 1 }
        }
        return unit
    }

    /// - Parameter times: at least one.
    static func write(
        _ times: UnsafeMutableBufferPointer<Int64>, to bytes: inout FlatArray<UInt8>
    ) {
        let unit = unit(of: times)
        bytes.append(UInt8(unit))
        let base = times.min()! / units[unit]
        bytes.append(littleEndian: base)
        for start in stride(from: 0, to: times.count, by: Limits.occurredGroupValues) {
            let end = min(start + Limits.occurredGroupValues, times.count)
            writeGroup(
                UnsafeMutableBufferPointer(rebasing: times[start..<end]), base, units[unit],
                to: &bytes)
        }
    }

    private static func writeGroup(
        _ times: UnsafeMutableBufferPointer<Int64>, _ base: Int64, _ unit: Int64,
        to bytes: inout FlatArray<UInt8>
    ) {
        var least = Int64.max
        var greatest = Int64.min
        for time in times {
            least = min(least, time / unit)
            greatest = max(greatest, time / unit)
        }
        let span = UInt64(bitPattern: greatest &- least)
        let width = UInt64.bitWidth - span.leadingZeroBitCount
        bytes.append(varint: UInt64(bitPattern: least &- base))
        bytes.append(UInt8(width))
        var waiting: UInt64 = 0
        var bits = 0
        for time in times {
            let value = UInt64(bitPattern: (time / unit) &- least)
            waiting |= value << UInt64(bits)
            bits += width
            if bits >= 64 {
                bytes.append(littleEndian: waiting)
                bits -= 64
                // What of the value did not fit; nothing when it fit just so.
                waiting = value >> UInt64(width - bits)
            }
        }
        while bits > 0 {
            bytes.append(UInt8(truncatingIfNeeded: waiting))
            waiting >>= 8
            bits -= 8
        }
    }

    /// The times of a chunk; nil when the bytes are not just `count` of them.
    static func read(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Int64]? {
        var reader = ByteReader(bytes)
        guard let times = read(&reader, count: count) else { return nil }
        return reader.isDone ? times : nil
    }

    /// Likewise, of bytes that go on behind them.
    static func read(_ reader: inout ByteReader, count: Int) -> [Int64]? {
        let code = Int(reader.integer(UInt8.self))
        let base = reader.integer(Int64.self)
        guard reader.isValid, code < units.count else { return nil }
        let unit = units[code]
        var times: [Int64] = []
        times.reserveCapacity(count)
        while times.count < count {
            let values = min(count - times.count, Limits.occurredGroupValues)
            let least = base &+ Int64(bitPattern: reader.varint())
            let width = Int(reader.integer(UInt8.self))
            guard width <= 64 else { return nil }
            let packed = reader.slice((values * width + 7) / 8)
            guard reader.isValid else { return nil }
            for index in 0..<values {
                let value = bits(packed, at: index * width, width)
                times.append((least &+ Int64(bitPattern: value)) &* unit)
            }
        }
        return times
    }

    private static func bits(_ bytes: UnsafeRawBufferPointer, at bit: Int, _ width: Int) -> UInt64 {
        guard width > 0 else { return 0 }
        let first = bit >> 3
        let shift = UInt64(bit & 7)
        var value: UInt64 = 0
        if first + 8 <= bytes.count {
            value = bytes.loadLittleEndian(UInt64.self, at: first) >> shift
        } else {
            for index in first..<bytes.count {
                value |= UInt64(bytes[index]) << UInt64((index - first) * 8)
            }
            value >>= shift
        }
        // 64 bits that do not begin at a byte reach into a ninth.
        if Int(shift) + width > 64 { value |= UInt64(bytes[first + 8]) << (64 - shift) }
        return width == 64 ? value : value & (1 << UInt64(width) - 1)
    }
}

extension OccurredColumn {
    static func writeIndex(
        _ chunks: borrowing FlatArray<(least: Int64, greatest: Int64, length: Int)>,
        to bytes: inout FlatArray<UInt8>
    ) {
        bytes.append(varint: chunks.count)
        for chunk in chunks.elements {
            bytes.append(littleEndian: chunk.least)
            bytes.append(littleEndian: chunk.greatest)
            bytes.append(varint: chunk.length)
        }
    }

    /// Nil unless the chunks fill the part of the times.
    static func readIndex(
        _ bytes: UnsafeRawBufferPointer, part: Range<Int>, events: Int
    ) -> [Chunk]? {
        var reader = ByteReader(bytes)
        let count = reader.count()
        let expected = (events + Limits.occurredChunkValues - 1) / Limits.occurredChunkValues
        guard count == expected, count <= bytes.count / 17 else { return nil }
        var chunks: [Chunk] = []
        chunks.reserveCapacity(count)
        var offset = part.lowerBound
        for _ in 0..<count {
            let least = Timestamp(nanosecondsSinceEpoch: reader.integer(Int64.self))
            let greatest = Timestamp(nanosecondsSinceEpoch: reader.integer(Int64.self))
            let piece = Piece(offset: offset, length: reader.count())
            guard reader.isValid, least <= greatest else { return nil }
            chunks.append(Chunk(least: least, greatest: greatest, piece: piece))
            offset = piece.end
        }
        return reader.isDone && offset == part.upperBound ? chunks : nil
    }
}
