/// What UnaryCall is asked.
package struct SimpleRequest: Message {
    /// Bytes of the answer's payload.
    package var responseSize: Int32 = 0
    package var payload: Payload?
    package var responseCompressed: BoolValue?
    package var responseStatus: EchoStatus?
    package var expectCompressed: BoolValue?

    package init() {}

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        switch number {
        case 2: responseSize = try value.int32()
        case 3: payload = try value.message()
        case 6: responseCompressed = try value.message()
        case 7: responseStatus = try value.message()
        case 8: expectCompressed = try value.message()
        default: break
        }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(2, responseSize)
        writer.add(3, payload)
        writer.add(6, responseCompressed)
        writer.add(7, responseStatus)
        writer.add(8, expectCompressed)
    }
}

/// One of the requests of StreamingInputCall.
package struct StreamingInputCallRequest: Message {
    package var payload: Payload?
    package var expectCompressed: BoolValue?

    package init() {}

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        switch number {
        case 1: payload = try value.message()
        case 2: expectCompressed = try value.message()
        default: break
        }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, payload)
        writer.add(2, expectCompressed)
    }
}

/// One response that a streaming call is asked for.
package struct ResponseParameters: Message {
    /// Bytes of its payload.
    package var size: Int32 = 0
    /// Microseconds that pass before it, since the response before.
    package var intervalMicroseconds: Int32 = 0
    package var compressed: BoolValue?

    package init() {}
    package init(size: Int, intervalMicroseconds: Int = 0, compressed: Bool? = nil) {
        self.size = Int32(size)
        self.intervalMicroseconds = Int32(intervalMicroseconds)
        self.compressed = compressed.map { BoolValue($0) }
    }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        switch number {
        case 1: size = try value.int32()
        case 2: intervalMicroseconds = try value.int32()
        case 3: compressed = try value.message()
        default: break
        }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, size)
        writer.add(2, intervalMicroseconds)
        writer.add(3, compressed)
    }
}

/// The request of StreamingOutputCall, and each of those of FullDuplexCall and HalfDuplexCall.
package struct StreamingOutputCallRequest: Message {
    package var responseParameters: [ResponseParameters] = []
    package var payload: Payload?
    package var responseStatus: EchoStatus?

    package init() {}

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        switch number {
        case 2: responseParameters.append(try value.message())
        case 3: payload = try value.message()
        case 7: responseStatus = try value.message()
        default: break
        }
    }

    package func write(to writer: inout FieldWriter) {
        for parameters in responseParameters { writer.add(2, parameters) }
        writer.add(3, payload)
        writer.add(7, responseStatus)
    }
}
