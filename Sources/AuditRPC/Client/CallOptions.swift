package import NIOCore

/// What a client says about one call.
package struct CallOptions: Sendable {
    /// The call ends with DEADLINE_EXCEEDED after this time, on both sides. Nil: never.
    package var timeout: TimeAmount?
    package var metadata: RPCMetadata

    package init(timeout: TimeAmount? = nil, metadata: RPCMetadata = RPCMetadata()) {
        self.timeout = timeout
        self.metadata = metadata
    }
}
