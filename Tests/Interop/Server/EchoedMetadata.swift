import AuditRPC

/// The request fields that come back with the answer.
struct EchoedMetadata {
    private static let initialName = "x-grpc-test-echo-initial"
    private static let trailingName = "x-grpc-test-echo-trailing-bin"

    let initial: RPCMetadata
    let trailing: RPCMetadata

    init(of request: RPCMetadata) {
        var initial = RPCMetadata()
        for value in request.values(named: Self.initialName) {
            initial.add(Self.initialName, value)
        }
        var trailing = RPCMetadata()
        for bytes in request.allBytes(named: Self.trailingName) {
            trailing.add(Self.trailingName, bytes: bytes)
        }
        self.initial = initial
        self.trailing = trailing
    }
}
