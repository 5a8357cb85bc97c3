public import AuditModel

extension Timestamp {
    /// From RFC 3339, section 5.6: `2026-03-01T12:30:00.25Z`, or with an offset. Nil for anything
    /// else, for a day that does not exist and for what 64 bits of nanoseconds cannot say. Digits
    /// beyond nanoseconds are cut off.
    public init?(rfc3339 text: String) {
        var text = text
        guard let time = text.withUTF8({ Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = time
    }

    init?(rfc3339 text: UnsafeRawBufferPointer) {
        // "2026-03-01T12:30:00Z" is the shortest form.
        guard text.count >= 20,
            let year = number(text, 0..<4), text[4] == UInt8(ascii: "-"),
            let month = number(text, 5..<7), text[7] == UInt8(ascii: "-"),
            let day = number(text, 8..<10), text[10] | 0x20 == UInt8(ascii: "t"),
            let hour = number(text, 11..<13), text[13] == UInt8(ascii: ":"),
            let minute = number(text, 14..<16), text[16] == UInt8(ascii: ":"),
            let second = number(text, 17..<19)
        else { return nil }
        // A leap second has no place in a Timestamp (google.protobuf.Timestamp smears it): 60 is
        // refused.
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(month: month, year: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var position = 19
        guard let nanoseconds = fraction(text, &position),
            let offset = offsetSeconds(text, position)
        else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = Int64(days * 86_400 + hour * 3_600 + minute * 60 + second - offset)
        // In the second that straddles the least moment the seconds alone are out of range: nobody
        // needs them.
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// RFC 3339 in UTC with as many digits of the second as it needs: `2026-03-01T12:30:00.25Z`.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: 30) { buffer in
            writeRFC3339(to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Writes at most 30 bytes and returns how many.
    func writeRFC3339(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (days, second) = seconds.quotientAndRemainderRoundedDown(86_400)
        let date = CivilDate(daysSinceEpoch: days)
        var position = 0
        func digits(_ value: Int, _ count: Int) {
            var value = value
            for offset in (position..<position + count).reversed() {
                buffer[offset] = UInt8(48 + value % 10)
                value /= 10
            }
            position += count
        }
        func mark(_ character: Unicode.Scalar) {
            buffer[position] = UInt8(ascii: character)
            position += 1
        }
        digits(date.year, 4)
        mark("-")
        digits(date.month, 2)
        mark("-")
        digits(date.day, 2)
        mark("T")
        digits(second / 3_600, 2)
        mark(":")
        digits(second / 60 % 60, 2)
        mark(":")
        digits(second % 60, 2)
        if nanoseconds != 0 {
            mark(".")
            digits(Int(nanoseconds), 9)
            while buffer[position - 1] == UInt8(ascii: "0") { position -= 1 }
        }
        mark("Z")
        return position
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    var year: Int
    var month: Int
    var day: Int

    /// The year is counted from March, so that the leap day is the last of a year; 400 years are
    /// one cycle.
    init(daysSinceEpoch: Int) {
        let (cycle, dayOfCycle) = Int64(daysSinceEpoch + 719_468)
            .quotientAndRemainderRoundedDown(146_097)
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let (cycle, yearOfCycle) = Int64(year).quotientAndRemainderRoundedDown(400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100
            + dayOfYear - 719_468
    }

    static func days(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderRoundedDown(_ divisor: Int64) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0
            ? (Int(quotient - 1), Int(remainder + divisor)) : (Int(quotient), Int(remainder))
    }
}

/// The digits of `range`; nil when one is none.
private func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var value = 0
    for byte in text[range] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
    }
    return value
}

/// The fraction of a second at `position`, in nanoseconds; zero when there is none, nil for a point
/// without digits.
private func fraction(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Int32? {
    guard text[position] == UInt8(ascii: ".") else { return 0 }
    position += 1
    let start = position
    var nanoseconds: Int32 = 0
    var unit: Int32 = 100_000_000
    while position < text.count, text[position] >= 48, text[position] <= 57 {
        nanoseconds += Int32(text[position] - 48) * unit
        unit /= 10
        position += 1
    }
    return position > start ? nanoseconds : nil
}

/// `Z` or `+hh:mm` from `position` to the end.
private func offsetSeconds(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int? {
    guard position < text.count else { return nil }
    let mark = text[position]
    if mark | 0x20 == UInt8(ascii: "z") { return position + 1 == text.count ? 0 : nil }
    guard mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-"), text.count == position + 6,
        let hours = number(text, position + 1..<position + 3), hours < 24,
        text[position + 3] == UInt8(ascii: ":"),
        let minutes = number(text, position + 4..<position + 6), minutes < 60
    else { return nil }
    let seconds = hours * 3_600 + minutes * 60
    return mark == UInt8(ascii: "-") ? -seconds : seconds
}
