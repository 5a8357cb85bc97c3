package import NIOCore

/// What a client says about one call.
package struct CallOptions: Sendable {
    /// The call ends with DEADLINE_EXCEEDED after this time, on both sides. Nil: never.
    package var timeout: TimeAmount?
    /// A field that may not be sent fails the call, with INTERNAL and a message that names it.
    package var metadata: RPCMetadata
    /// Compresses requests with gzip, where that makes them shorter; each message may still go as it is. A server that
    /// does not know gzip answers with UNIMPLEMENTED. Responses are decompressed in any case.
    package var compress: Bool
    /// How often the same call was made before: `grpc-previous-rpc-attempts`, for servers that look at it (A6).
    package var previousAttempts: Int

    /// The program that asks, where this one forwards its calls: `user-agent`. Nil for this one; printable ASCII.
    package var userAgent: String?

    package init(
        timeout: TimeAmount? = nil, metadata: RPCMetadata = RPCMetadata(), compress: Bool = false,
        previousAttempts: Int = 0, userAgent: String? = nil
    ) {
        self.timeout = timeout
        self.metadata = metadata
        self.compress = compress
        self.previousAttempts = previousAttempts
        self.userAgent = userAgent
    }
}
