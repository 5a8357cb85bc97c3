/// A message of the contract as a Swift value, read from and written to its protobuf bytes.
public protocol WireMessage: Hashable, Sendable {
    /// Reads and checks a message. The pointer is not kept.
    ///
    /// - Throws: `CodecError.Code.malformed` for bytes that are not this message, `.invalid` with
    ///   the fields' names for a request that the contract refuses.
    init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError)

    /// The protobuf bytes. What the contract would refuse is encoded all the same: the server
    /// judges.
    func encoded() -> [UInt8]
}

extension WireMessage {
    public init(decoding bytes: [UInt8]) throws(CodecError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(CodecError) in
            try Self(decoding: UnsafeRawBufferPointer(buffer))
        }
    }
}
