internal import AuditRPC
internal import Codec

extension AuditClientError {
    /// What a call ended with.
    init(_ error: RPCError, address: ServerAddress) {
        let details = error.details.flatMap { try? StatusDetails(decoding: $0) }
        let violations = details?.violations ?? []
        let grpcCode = Int32(error.code.rawValue)
        let code = Code(grpcCode: grpcCode)
        let said = Self.text(error.message, violations, grpcCode: grpcCode)
        let message =
            switch code {
            case .unavailable: "the server at \(address) is not available: \(said)"
            case .timedOut: "the server at \(address) did not answer in time"
            default: said
            }
        self.init(code: code, grpcCode: grpcCode, message: message, violations: violations)
    }

    /// No connection came about.
    static func unreachable(_ error: RPCError, address: ServerAddress) -> AuditClientError {
        AuditClientError(
            code: .unavailable, grpcCode: Int32(RPCStatus.Code.unavailable.rawValue),
            message: "no audit server answers at \(address) (\(error.message)); "
                + "start one with: auditrpc serve")
    }

    /// The server's answer was not the message that it should be.
    static func unreadable(_ error: CodecError, address: ServerAddress) -> AuditClientError {
        AuditClientError(
            code: .failed, grpcCode: Int32(RPCStatus.Code.internal.rawValue),
            message: "the answer of the server at \(address) could not be read: \(error.message)")
    }
}
