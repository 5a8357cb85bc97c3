import NIOCore
import Testing

@testable import AuditRPC

struct RPCAddressTests {
    @Test(arguments: [
        ("127.0.0.1:50051", RPCAddress.tcp(host: "127.0.0.1", port: 50051)),
        ("audit.internal:1", .tcp(host: "audit.internal", port: 1)),
        ("[::1]:50051", .tcp(host: "::1", port: 50051)),
        ("localhost:65535", .tcp(host: "localhost", port: 65_535)),
        ("unix:/run/audit.sock", .unix(path: "/run/audit.sock")),
        ("unix:audit.sock", .unix(path: "audit.sock")),
    ])
    func isReadAndWritten(text: String, address: RPCAddress) {
        #expect(RPCAddress(text) == address)
        #expect(address.description == text)
    }

    @Test func theLongFormOfAUnixSocket() {
        #expect(RPCAddress("unix:///run/audit.sock") == .unix(path: "/run/audit.sock"))
    }

    @Test(arguments: [
        "", ":", ":1", "host", "host:", "host:x", "host:+1", "host:65536", "host:1:2", "::1",
        "[::1]", "[::1:5", "[host]:1", "a b:1", "host:١", "unix:", "unix://run/audit.sock",
        "unix:/a\0b",
    ])
    func refuses(text: String) {
        #expect(RPCAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.8.9.1:1", true), ("[::1]:1", true), ("localhost:1", true),
        ("LOCALHOST:1", true), ("a.localhost:1", true), ("[::ffff:127.0.0.1]:1", true),
        ("unix:/s", true), ("0.0.0.0:1", false), ("[::]:1", false), ("10.0.0.1:1", false),
        ("127.example:1", false), ("example:1", false), ("[::ffff:10.0.0.1]:1", false),
        ("[1::1]:1", false),
    ])
    func whetherItIsThisMachine(text: String, expected: Bool) throws {
        #expect(try #require(RPCAddress(text)).isThisMachine == expected)
    }

    @Test func theAuthorityOfASocketIsThisMachine() {
        #expect(RPCAddress.unix(path: "/s").authority == "localhost")
        #expect(RPCAddress.tcp(host: "::1", port: 7).authority == "[::1]:7")
    }
}

struct RPCListenersTests {
    @Test(arguments: ["0.0.0.0:0", "[::]:0"])
    func plainTextIsForThisMachine(text: String) throws {
        let address = try #require(RPCAddress(text))
        let error = #expect(throws: RPCError.self) { try RPCListeners([address]) }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.hasPrefix(text) == true)
        // Unless it is allowed, or it is not plain text.
        _ = try RPCListeners([address], allowsPlainText: true)
        _ = try RPCListeners([address], tls: Certificates.server())
    }

    @Test(arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0", "unix:/s"])
    func thisMachineNeedsNoTLS(text: String) throws {
        _ = try RPCListeners([try #require(RPCAddress(text))])
    }

    @Test func aNameThatIsNotKnown() {
        let error = #expect(throws: RPCError.self) {
            try RPCListeners([.tcp(host: "none.invalid", port: 1)])
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("none.invalid") == true)
    }
}
