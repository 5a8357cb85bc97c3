/// The answer of every call but EmptyCall and StreamingInputCall: SimpleResponse and StreamingOutputCallResponse, which
/// differ in fields that no case uses.
package struct PayloadResponse: Message {
    package var payload: Payload?

    package init() {}
    package init(size: Int) { payload = Payload(size: size) }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        if number == 1 { payload = try value.message() }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, payload)
    }
}

package struct StreamingInputCallResponse: Message {
    /// Bytes of all payloads of the call.
    package var aggregatedPayloadSize: Int32 = 0

    package init() {}
    package init(aggregatedPayloadSize: Int) {
        self.aggregatedPayloadSize = Int32(clamping: aggregatedPayloadSize)
    }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        if number == 1 { aggregatedPayloadSize = try value.int32() }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, aggregatedPayloadSize)
    }
}
