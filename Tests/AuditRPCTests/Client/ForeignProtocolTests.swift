import Testing

@testable import AuditRPC

@Suite struct ForeignProtocolTests {
    @Test(arguments: [
        (
            "HTTP/1.1 400 Bad Request\r\nServer: x\r\n",
            ForeignProtocol.http1("HTTP/1.1 400 Bad Request")
        ),
        ("HTTP/1.0 505 \n", .http1("HTTP/1.0 505 ")),
        ("SSH-2.0-OpenSSH_9.2p1 Debian\r\n", .ssh("SSH-2.0-OpenSSH_9.2p1 Debian")),
        ("220 mail.example ESMTP\r\n", .other("220 mail.example ESMTP")),
        ("-ERR unknown command", .other("-ERR unknown command")),
        ("\u{1B}[2J", .other("")),
    ])
    func aServerIsKnownByItsFirstLine(greeting: String, expected: ForeignProtocol) {
        #expect(ForeignProtocol(greeting: Array(greeting.utf8)) == expected)
    }

    @Test(arguments: [[], [0], [0, 0], [0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 18, 4]])
    func whatMayBeHTTP2IsNotForeign(greeting: [UInt8]) {
        #expect(ForeignProtocol(greeting: greeting) == nil)
    }
}
