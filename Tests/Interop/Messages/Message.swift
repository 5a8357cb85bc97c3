/// A message of `grpc.testing`: what the interop cases use of grpc/testing/messages.proto, which Debian's `grpc-proto`
/// has. Written by hand, because a handful of fields is less than what any generator makes of the whole file. Fields
/// that no case uses are passed over.
package protocol Message: Equatable, Sendable {
    init()
    mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage)
    func write(to writer: inout FieldWriter)
}

extension Message {
    package init(decoding bytes: some Sequence<UInt8>) throws(MalformedMessage) {
        try self.init(decoding: ArraySlice(bytes))
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(MalformedMessage) {
        self.init()
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() { try take(number, value) }
    }

    package var encoded: [UInt8] {
        var writer = FieldWriter()
        write(to: &writer)
        return writer.bytes
    }
}

package struct Empty: Message {
    package init() {}
    package mutating func take(_ number: Int, _ value: FieldValue) {}
    package func write(to writer: inout FieldWriter) {}
}

/// A Bool that may be absent.
package struct BoolValue: Message {
    package var value = false

    package init() {}
    package init(_ value: Bool) { self.value = value }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        if number == 1 { self.value = try value.bool() }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, value)
    }
}

package struct Payload: Message {
    package var body: [UInt8] = []

    package init() {}
    /// `size` zeros: the body of every payload that the cases send.
    package init(size: Int) { body = [UInt8](repeating: 0, count: size) }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        if number == 2 { body = Array(try value.bytes()) }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(2, body)
    }
}

/// The status that the server shall end a call with.
package struct EchoStatus: Message {
    package var code: Int32 = 0
    package var message = ""

    package init() {}

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    package mutating func take(_ number: Int, _ value: FieldValue) throws(MalformedMessage) {
        switch number {
        case 1: code = try value.int32()
        case 2: message = String(decoding: try value.bytes(), as: UTF8.self)
        default: break
        }
    }

    package func write(to writer: inout FieldWriter) {
        writer.add(1, code)
        writer.add(2, message.utf8)
    }
}
