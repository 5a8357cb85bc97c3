@testable import AuditRPC

/// DATA of one call, in chunks, to messages. However the bytes are cut, the messages are those that
/// a reader of the whole finds, and so is what is wrong with them.
///
/// Input: the encoding that was agreed, the chunking, the bytes.
@Sendable
func fuzzDeframer(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let encoding: MessageEncoding = input.byte() & 1 == 0 ? .identity : .gzip
    var chunking = Chunking(input.byte())
    let expected = Deframed(whole: input.rest, encoding)
    let found = try Deframed(input.rest, in: &chunking, encoding)
    try promise(found == expected, "in chunks \(found), at once \(expected)")
}

private struct Deframed: Equatable {
    static let messageBytesMax = 512

    var messages: [[UInt8]] = []
    var problem: MessageDeframer.Problem?
    var isMidMessage = false

    /// By the rule of PROTOCOL-HTTP2, without a thought of chunks; what gzip says is zlib's business.
    init(whole bytes: UnsafeRawBufferPointer, _ encoding: MessageEncoding) {
        var input = FuzzInput(bytes)
        while !input.isEmpty {
            let prefix = Array(input.take(5))
            guard prefix.count == 5 else {
                isMidMessage = true
                return
            }
            let length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
            switch prefix[0] {
            case 0: break
            case 1 where encoding == .gzip: break
            case 1: problem = .compressed
            default: problem = .badFlag(prefix[0])
            }
            if problem == nil, length > Self.messageBytesMax { problem = .tooLarge(bytes: length) }
            guard problem == nil else { return }
            let message = input.take(length)
            guard message.count == length else {
                isMidMessage = true
                return
            }
            guard prefix[0] == 0 else {
                guard inflate(message) else { return }
                continue
            }
            messages.append(Array(message))
        }
    }

    private mutating func inflate(_ message: UnsafeRawBufferPointer) -> Bool {
        guard !message.isEmpty else {
            messages.append([])
            return true
        }
        var memory = GrowingMemory()
        do throws(GzipInflater.Problem) {
            let count = try GzipInflater().inflate(
                message, into: &memory, bytesMax: Self.messageBytesMax)
            messages.append(Array(UnsafeRawBufferPointer(start: memory.start, count: count)))
            return true
        } catch {
            problem = error == .tooLarge ? .inflatesTooLarge : .corrupt
            return false
        }
    }

    init(
        _ bytes: UnsafeRawBufferPointer, in chunking: inout Chunking, _ encoding: MessageEncoding
    ) throws {
        var deframer = MessageDeframer(messageBytesMax: Self.messageBytesMax)
        deframer.encoding = encoding
        try chunking.forEach(of: bytes) { chunk in
            // Memory that ends with the chunk, so that a read past it is found.
            try Array(chunk).withUnsafeBytes { chunk in
                var rest = chunk
                do throws(MessageDeframer.Problem) {
                    while let message = try deframer.next(&rest) { messages.append(Array(message)) }
                } catch {
                    problem = error
                    return false
                }
                try promise(rest.isEmpty, "it left \(rest.count) bytes of a chunk")
                try promise(
                    deframer.bufferedBytes <= Self.messageBytesMax + 5,
                    "it keeps \(deframer.bufferedBytes) bytes")
                return true
            }
        }
        isMidMessage = problem == nil && deframer.isMidMessage
    }
}
