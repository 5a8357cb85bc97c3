import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct TimeExpressionTests {
    /// 2023-11-14T22:13:20Z.
    let now = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)

    @Test(arguments: [
        ("now", "2023-11-14T22:13:20Z"), ("2h", "2023-11-14T20:13:20Z"),
        ("3d", "2023-11-11T22:13:20Z"), ("1w", "2023-11-07T22:13:20Z"),
        ("1h30m", "2023-11-14T20:43:20Z"), ("250ms", "2023-11-14T22:13:19.75Z"),
        ("0s", "2023-11-14T22:13:20Z"), ("2023-07-10", "2023-07-10T00:00:00Z"),
        ("2023-07-10T11:42", "2023-07-10T11:42:00Z"),
        ("2023-07-10T11:42:31", "2023-07-10T11:42:31Z"),
        ("2023-07-10T11:42:31+02:00", "2023-07-10T09:42:31Z"),
        ("2023-07-10T11:42:31.5Z", "2023-07-10T11:42:31.5Z"),
    ])
    func reads(text: String, expected: String) throws {
        #expect(try TimeExpression.parse(text, now: now).rfc3339 == expected)
    }

    @Test(arguments: [
        "", "h", "2", "2y", "-2h", "2h ", "2 h", "2h3", "yesterday-ish", "2023-13-01",
        "2023-02-30", "2023-07-10T25:00", "９h", "99999999999999999999d", "300000000000d",
    ])
    func refuses(text: String) {
        let error = #expect(throws: CommandError.self) {
            try TimeExpression.parse(text, now: now)
        }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("'\(text)'") == true)
    }

    @Test(arguments: [
        (Duration.seconds(30 * 86_400), "30d"), (.seconds(5_400), "1h30m"),
        (.milliseconds(250), "250ms"), (.seconds(90_061), "1d1h"), (.zero, "0s"),
        (.nanoseconds(5), "0s"),
    ])
    func printsDurations(duration: Duration, expected: String) {
        #expect(DurationExpression.text(duration) == expected)
    }

    @Test func aDurationIsReadBackAsItWasPrinted() {
        for text in ["30d", "1h30m", "250ms", "12h", "45s"] {
            #expect(DurationExpression.duration(text).map(DurationExpression.text) == text)
        }
    }
}
