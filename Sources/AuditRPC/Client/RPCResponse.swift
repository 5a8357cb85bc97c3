/// The answer to a unary call that ended with OK.
package struct RPCResponse: Sendable {
    package var message: [UInt8]
    /// What the server sent before the message.
    package var initialMetadata = RPCMetadata()
    /// What the server sent with the status.
    package var trailingMetadata = RPCMetadata()
    /// Whether the message came compressed.
    package var wasCompressed = false
}
