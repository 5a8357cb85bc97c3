import AuditRPC
import InteropMessages

/// Bytes of the largest payload that the server makes: above what any case asks for, below what would hurt.
let payloadBytesMax = 64 << 20

extension RPCStatus {
    /// Codes that gRPC does not know become UNKNOWN, as its own servers have it.
    init(_ echo: EchoStatus) {
        self.init(Code(rawValue: Int(echo.code)) ?? .unknown, echo.message)
    }
}

extension PayloadResponse {
    /// A payload of the size that a request named.
    init(requestedBytes size: Int) throws(RPCError) {
        guard (0...payloadBytesMax).contains(size) else {
            throw RPCError(
                .invalidArgument,
                "a payload of \(size) bytes is not within 0 and \(payloadBytesMax)")
        }
        self.init(size: size)
    }
}

extension Message {
    init(request bytes: UnsafeRawBufferPointer) throws(RPCError) {
        do {
            try self.init(decoding: bytes)
        } catch {
            throw RPCError(.invalidArgument, "the message is not a well-formed \(Self.self)")
        }
    }
}

extension ServerCall {
    /// Refuses a request that says that it is compressed and is not, or the reverse.
    func check(expectCompressed: BoolValue?) throws(RPCError) {
        guard let expected = expectCompressed?.value, expected != wasCompressed else { return }
        throw RPCError(
            .invalidArgument,
            expected
                ? "the request should be compressed, and is not"
                : "the request should not be compressed, and is")
    }
}
