import NIOCore

/// The outermost layer of TLS on the wire.
enum TLSRecord {
    /// True for bytes that TLS begins with: a handshake or an alert (RFC 8446 §5.1).
    static func begins(_ bytes: ByteBuffer) -> Bool {
        guard let type = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else {
            return false
        }
        return type == 0x16 || type == 0x15
    }
}
