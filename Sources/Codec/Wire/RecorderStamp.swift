/// The field `recorder` of an event as it is stored: tag, length and message. Made once for a caller, not for an event.
package struct RecorderStamp: Hashable, Sendable {
    /// Empty for none.
    package let bytes: [UInt8]

    package init(_ recorder: Event.Recorder) {
        let message = recorder.encoded()
        bytes = [UInt8](unsafeUninitializedCapacity: message.count + 12) { buffer, count in
            var writer = RawWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.tag(EventField.recorder, .bytes)
            writer.varint(UInt64(message.count))
            message.withUnsafeBytes { writer.raw($0) }
            count = writer.count
        }
    }

    private init() { bytes = [] }

    /// Leaves the field out.
    package static let none = RecorderStamp()
}
