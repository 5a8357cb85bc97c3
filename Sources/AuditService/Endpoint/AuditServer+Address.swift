import NIOCore

extension AuditServer {
    /// Where it listens, as a client takes it: `127.0.0.1:50051`, `[::1]:50051`.
    package var listeningAddress: String {
        let host = boundAddress.ipAddress ?? "localhost"
        let port = boundAddress.port ?? 0
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
