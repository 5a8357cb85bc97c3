import Glibc

/// Times for people, without Foundation.
enum DateText {
    /// `2026-11-21T10:38:00Z`.
    ///
    /// - Parameter seconds: since 1970.
    static func utc(seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            let count = strftime(text.baseAddress!, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
            return String(decoding: text[..<count].map(UInt8.init), as: UTF8.self)
        }
    }

    /// The wall clock, in seconds since 1970.
    static var now: Int { time(nil) }
}
