/// Writes a `google.rpc.Status` with at most a `google.rpc.RetryInfo`, as `StatusDetails.encoded` would, without
/// an arena: a server that is flooded says one to each call.
package enum StatusDetailsWriter {
    private static let retryInfoURL = Array(StatusDetails.retryInfoURL.utf8)

    package static func encode(
        code: Int32, message: String, retryDelay: Duration?
    ) -> [UInt8] {
        var message = message
        return message.withUTF8 { text in
            var writer = ByteWriter(capacity: text.count + retryInfoURL.count + 48)
            writer.integer(1, UInt64(bitPattern: Int64(code)))
            if !text.isEmpty { writer.field(2, UnsafeRawBufferPointer(text)) }
            if let retryDelay { append(retryDelay, to: &writer) }
            return writer.bytes
        }
    }

    private static func append(_ retryDelay: Duration, to writer: inout ByteWriter) {
        let (seconds, attoseconds) = retryDelay.components
        var duration = ByteWriter()
        duration.integer(1, UInt64(bitPattern: seconds))
        duration.integer(2, UInt64(bitPattern: attoseconds / 1_000_000_000))
        var retryInfo = ByteWriter()
        retryInfo.field(1, duration.bytes)
        var detail = ByteWriter()
        detail.field(1, retryInfoURL)
        detail.field(2, retryInfo.bytes)
        writer.field(3, detail.bytes)
    }
}
