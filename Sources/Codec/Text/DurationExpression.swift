import AuditModel

/// A length of time as people write it: `90s`, `2h`, `3d`, `1w`, `1h30m`, `250ms`.
package enum DurationExpression {
    package static let help = "a number with ms, s, m, h, d or w, as in 30s, 2h or 1d12h"

    /// Nil for anything else, and for what is longer than 292 years.
    package static func duration(_ text: String) -> Duration? {
        var total: Int64 = 0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            guard let nanoseconds = nanosecondsPerUnit[String(unit)] else { return nil }
            rest = rest.dropFirst(unit.count)
            let (part, overflow) = count.multipliedReportingOverflow(by: nanoseconds)
            let (sum, overflowed) = total.addingReportingOverflow(part)
            guard !overflow, !overflowed else { return nil }
            total = sum
        }
        return .nanoseconds(total)
    }

    /// The largest two units that say it: `30d`, `1h30m`, `250ms`.
    package static func text(_ duration: Duration) -> String {
        var rest = duration.nanosecondsSaturating
        guard rest > 0 else { return "0s" }
        var parts: [String] = []
        for (unit, nanoseconds) in descendingUnits where rest >= nanoseconds && parts.count < 2 {
            parts.append("\(rest / nanoseconds)\(unit)")
            rest %= nanoseconds
        }
        return parts.isEmpty ? "0s" : parts.joined()
    }

    private static let nanosecondsPerUnit: [String: Int64] = [
        "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
        "d": 86_400_000_000_000, "w": 604_800_000_000_000,
    ]

    private static let descendingUnits: [(String, Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000),
    ]
}
