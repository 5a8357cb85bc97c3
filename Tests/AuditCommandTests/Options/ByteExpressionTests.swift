import Testing

@testable import AuditCommand

struct ByteExpressionTests {
    @Test(arguments: [
        ("1", 1), ("65536", 65_536), ("4KiB", 4_096), ("50GiB", 50 << 30), ("2PiB", 2 << 50),
    ])
    func isRead(text: String, bytes: Int) {
        #expect(ByteExpression.bytes(text) == bytes)
    }

    @Test(arguments: [
        "", "0", "-1", "+1", "1.5GiB", "GiB", "50G", "50 GiB", "50gib", "9223372036854775807KiB",
        "99999999999999999999",
    ])
    func isRefused(text: String) {
        #expect(ByteExpression.bytes(text) == nil)
    }
}
