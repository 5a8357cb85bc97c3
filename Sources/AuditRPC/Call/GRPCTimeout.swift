import NIOCore

/// The text of `grpc-timeout`: 1 to 8 digits and a unit (`H M S m u n`).
enum GRPCTimeout {
    /// Nil when the text breaks the rule. A time that 64 bits of nanoseconds cannot hold becomes the longest.
    static func parse(_ text: UnsafeRawBufferPointer) -> TimeAmount? {
        guard text.count >= 2, text.count <= 9 else { return nil }
        var value: Int64 = 0
        for byte in text.dropLast() {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        let unit: Int64
        switch text[text.count - 1] {
        case UInt8(ascii: "H"): unit = 3_600_000_000_000
        case UInt8(ascii: "M"): unit = 60_000_000_000
        case UInt8(ascii: "S"): unit = 1_000_000_000
        case UInt8(ascii: "m"): unit = 1_000_000
        case UInt8(ascii: "u"): unit = 1_000
        case UInt8(ascii: "n"): unit = 1
        default: return nil
        }
        let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: unit)
        return .nanoseconds(overflow ? .max : nanoseconds)
    }

    /// The finest unit that fits into eight digits, rounded up: a server must not give up before its client.
    static func format(_ time: TimeAmount) -> String {
        let nanoseconds = max(time.nanoseconds, 0)
        let units: [(Int64, String)] = [
            (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"), (60_000_000_000, "M"),
        ]
        for (unit, name) in units {
            let value = nanoseconds / unit + (nanoseconds % unit == 0 ? 0 : 1)
            if value <= 99_999_999 { return "\(value)\(name)" }
        }
        return "\(min(nanoseconds / 3_600_000_000_000 + 1, 99_999_999))H"
    }
}
