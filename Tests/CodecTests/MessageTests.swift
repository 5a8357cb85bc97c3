import AuditModel
import Codec
import TestSupport
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("have the bytes that Google's protobuf gives them", arguments: samples.indices)
    func golden(index: Int) throws {
        let (golden, message) = samples[index]
        #expect(message.encoded() == bytes(hexadecimal: golden))
        try checkDecoding(message, bytes(hexadecimal: golden))
    }

    private func checkDecoding<Message: WireMessage>(
        _ message: Message, _ bytes: [UInt8]
    ) throws {
        #expect(try Message(decoding: bytes) == message)
    }

    @Test("that are cut, changed or garbage never do harm")
    func mutations() {
        let seed: UInt64 = 0x5EED_0001
        var random = SeededGenerator(seed: seed)
        let encoded = samples.map { bytes(hexadecimal: $0.golden) }
        var refused = 0
        for round in 0..<40_000 {
            let message = samples[round % samples.count].message
            var bytes = encoded[round % samples.count]
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            case 1:
                bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in
                    UInt8.random(in: .min ... .max, using: &random)
                }
            default:
                for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                }
            }
            refused += decodes(message, bytes) ? 0 : 1
            _ = try? RecordDecoder.decode(bytes, now: .epoch)
        }
        #expect(refused > 1_000, "seed \(seed): the mutations must reach the refusals")
    }

    /// Whatever can be read can be written and read again, and is then the same.
    private func decodes<Message: WireMessage>(_ sample: Message, _ bytes: [UInt8]) -> Bool {
        guard let message = try? Message(decoding: bytes) else { return false }
        let again = try? Message(decoding: message.encoded())
        if again != message { Issue.record("\(message) became \(String(describing: again))") }
        return true
    }

    @Test("name what they are when their bytes are none")
    func malformed() {
        #expect {
            try QueryRequest(decoding: [0xFF])
        } throws: { error in
            (error as? CodecError)
                == .malformed("the bytes are not a valid auditrpc.v1.QueryRequest message")
        }
    }

    @Test("that would take far more memory than their bytes are refused")
    func amplification() {
        // An empty event of two bytes is some hundred bytes when it is decoded.
        let bytes = [[UInt8]](repeating: [0x0A, 0], count: 500_000).flatMap { $0 }
        #expect(throws: CodecError.self) { try QueryResponse(decoding: bytes) }
    }

    @Test("of a later version are read as far as they are known")
    func unknownFields() throws {
        // Field 99, a varint; a SubscribeResponse of a kind that is not known.
        let unknown: [UInt8] = [0x98, 0x06, 0x01]
        #expect(try SubscribeResponse(decoding: unknown) == .unknown)
        #expect(try Event(decoding: Event.full.encoded() + unknown) == .full)
        // actor.type 77 and outcome 77.
        let event = try Event(decoding: [0x3A, 0x02, 0x08, 77, 0x60, 77])
        #expect(event.actor.type == .unspecified)
        #expect(event.outcome == .unspecified)
    }

    @Test("pass over status details of other types")
    func otherDetails() throws {
        // details { type_url: "x" value: "y" }
        let bytes: [UInt8] = [0x08, 5, 0x1A, 6, 0x0A, 1, 0x78, 0x12, 1, 0x79]
        #expect(try StatusDetails(decoding: bytes) == StatusDetails(code: 5, message: ""))
    }
}

extension RecordDecoder {
    /// With ids that count up.
    static func decode(_ bytes: [UInt8], now: Timestamp) throws(CodecError) -> PreparedRequest {
        var next: UInt64 = 0
        return try bytes.withUnsafeBufferPointer { (buffer) throws(CodecError) in
            try decode(UnsafeRawBufferPointer(buffer), now: now) {
                next += 1
                return EventID(high: 1, low: next)
            }
        }
    }
}
