import AuditModel

/// The ids of a block, outside of what is compressed: what is random would only spoil the statistics of
/// the rest. A mask of the bytes in which all ids agree (the time of UUIDv7), those bytes, then of
/// each id the others.
///
/// Before that stands one byte (not in the first format): 1 when the first 48 bits of each id, the
/// milliseconds of a UUIDv7, are not those but how far they are from its event's occurred_at, zigzag.
enum IdentifierColumn {
    private static let idBytes = 16

    /// Of a column that begins with the mask.
    static func bytes(mask: UInt16, count: Int) -> Int {
        let common = mask.nonzeroBitCount
        return 2 + common + count * (idBytes - common)
    }

    /// - Parameter times: occurred_at of the events, in nanoseconds.
    static func write(
        _ ids: UnsafeMutableBufferPointer<EventID>, _ times: UnsafeMutableBufferPointer<Int64>,
        to bytes: inout FlatArray<UInt8>
    ) {
        let absolute = mask(ids)
        var relative = FlatArray<EventID>(capacity: ids.count)
        for (id, time) in zip(ids, times) { relative.append(id.relative(to: time)) }
        let isRelative =
            self.bytes(mask: mask(relative.elements), count: ids.count)
            < self.bytes(mask: absolute, count: ids.count)
        bytes.append(isRelative ? 1 : 0)
        if isRelative {
            write(relative.elements, mask: mask(relative.elements), to: &bytes)
        } else {
            write(ids, mask: absolute, to: &bytes)
        }
    }

    private static func mask(_ ids: UnsafeMutableBufferPointer<EventID>) -> UInt16 {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for id in ids {
            high |= id.high ^ ids[0].high
            low |= id.low ^ ids[0].low
        }
        var mask: UInt16 = 0
        for index in 0..<idBytes where byte(of: EventID(high: high, low: low), index) == 0 {
            mask |= 1 << UInt16(index)
        }
        return mask
    }

    private static func write(
        _ ids: UnsafeMutableBufferPointer<EventID>, mask: UInt16, to bytes: inout FlatArray<UInt8>
    ) {
        bytes.append(littleEndian: mask)
        for index in 0..<idBytes where mask & (1 << UInt16(index)) != 0 {
            bytes.append(byte(of: ids[0], index))
        }
        for id in ids {
            for index in 0..<idBytes where mask & (1 << UInt16(index)) == 0 {
                bytes.append(byte(of: id, index))
            }
        }
    }

    /// Calls `body` with each id in order. The reader tells whether they were all there.
    static func read(_ reader: inout ByteReader, times: [Int64], _ body: (Int, EventID) -> Void) {
        let isRelative = reader.integer(UInt8.self) == 1
        readMasked(&reader, count: times.count) { index, id in
            body(index, isRelative ? id.absolute(from: times[index]) : id)
        }
    }

    /// Likewise, as the first format has them.
    static func readMasked(
        _ reader: inout ByteReader, count: Int, _ body: (Int, EventID) -> Void
    ) {
        let mask = reader.integer(UInt16.self)
        var common: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<idBytes where mask & (1 << UInt16(index)) != 0 {
            set(reader.integer(UInt8.self), at: index, of: &common)
        }
        let rest = reader.slice(count * (idBytes - mask.nonzeroBitCount))
        guard reader.isValid else { return }
        var offset = 0
        for number in 0..<count {
            var id = common
            for index in 0..<idBytes where mask & (1 << UInt16(index)) == 0 {
                set(rest[offset], at: index, of: &id)
                offset += 1
            }
            body(number, EventID(high: id.high, low: id.low))
        }
    }

    /// In network order.
    @inline(__always)
    private static func byte(of id: EventID, _ index: Int) -> UInt8 {
        let half = index < 8 ? id.high : id.low
        return UInt8(truncatingIfNeeded: half >> UInt64(56 - (index & 7) * 8))
    }

    @inline(__always)
    private static func set(
        _ byte: UInt8, at index: Int, of id: inout (high: UInt64, low: UInt64)
    ) {
        let bits = UInt64(byte) << UInt64(56 - (index & 7) * 8)
        if index < 8 { id.high |= bits } else { id.low |= bits }
    }
}

extension EventID {
    private static let timeMask: UInt64 = 0xFFFF_FFFF_FFFF
    private static let randomBits: UInt64 = 16

    /// With the distance of its first 48 bits from the milliseconds of a time in their place.
    fileprivate func relative(to time: Int64) -> EventID {
        let distance = (high >> EventID.randomBits &- EventID.milliseconds(time)) & EventID.timeMask
        let isNegative = distance >> 47 != 0
        let zigzag = (distance << 1 ^ (isNegative ? EventID.timeMask : 0)) & EventID.timeMask
        return EventID(high: zigzag << EventID.randomBits | high & 0xFFFF, low: low)
    }

    fileprivate func absolute(from time: Int64) -> EventID {
        let zigzag = high >> EventID.randomBits
        let distance = zigzag >> 1 ^ (zigzag & 1 != 0 ? EventID.timeMask : 0)
        let milliseconds = (EventID.milliseconds(time) &+ distance) & EventID.timeMask
        return EventID(high: milliseconds << EventID.randomBits | high & 0xFFFF, low: low)
    }

    private static func milliseconds(_ time: Int64) -> UInt64 {
        UInt64(bitPattern: time / 1_000_000)
    }
}
