import AuditModel
import Codec
import Testing

@Suite("RFC 3339 times")
struct RFC3339Tests {
    @Test(
        "are read and written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("1970-01-01t00:00:00.5z", 500_000_000, "1970-01-01T00:00:00.5Z"),
            ("1969-12-31T23:59:59.999999999Z", -1, "1969-12-31T23:59:59.999999999Z"),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000_000, "2000-02-29T12:00:00Z"),
            ("2024-02-29T23:59:59+23:59", 1_709_164_859_000_000_000, "2024-02-29T00:00:59Z"),
            ("2026-03-01T02:30:00-01:30", 1_772_337_600_000_000_000, "2026-03-01T04:00:00Z"),
            (
                "2026-03-01T00:00:00.1234567899Z", 1_772_323_200_123_456_789,
                "2026-03-01T00:00:00.123456789Z"
            ),
            ("2262-04-11T23:47:16.854775807Z", Int64.max, "2262-04-11T23:47:16.854775807Z"),
            ("1677-09-21T00:12:44Z", -9_223_372_036_000_000_000, "1677-09-21T00:12:44Z"),
        ])
    func readAndWritten(text: String, nanoseconds: Int64, written: String) {
        let time = Timestamp(rfc3339: text)
        #expect(time == Timestamp(nanosecondsSinceEpoch: nanoseconds))
        #expect(time?.rfc3339 == written)
    }

    @Test(
        "that do not exist are refused",
        arguments: [
            "", "2026-03-01", "2026-03-01T00:00:00", "2026-03-01 00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00Z ", "2262-04-11T23:47:17Z",
            "1600-01-01T00:00:00Z", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00.5",
            "２０２６-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("come back from their text on every day of four centuries")
    func everyDay() {
        var last = ""
        for day in Int64(-106_000)...106_000 {
            let time = Timestamp(nanosecondsSinceEpoch: day * 86_400_000_000_000 + day)
            let text = time.rfc3339
            // The text sorts as the days do.
            if Timestamp(rfc3339: text) != time || last >= text {
                Issue.record("\(time.nanosecondsSinceEpoch) became \(text)")
            }
            last = text
        }
    }
}
