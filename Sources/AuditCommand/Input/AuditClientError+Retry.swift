import AuditClient

extension AuditClientError {
    /// The server was not reached or is going away. It may be back, so that a feed may ask for
    /// ever.
    var isAbsence: Bool { code == .unavailable || code == .timedOut }

    /// Worth a bounded number of attempts: the server is away, or full. RESOURCE_EXHAUSTED is
    /// a queue that drains as well as a bound that stays (a message too large), and the status
    /// does not tell which.
    var isWorthRetrying: Bool {
        let resourceExhausted: Int32 = 8
        return isAbsence || grpcCode == resourceExhausted
    }
}
