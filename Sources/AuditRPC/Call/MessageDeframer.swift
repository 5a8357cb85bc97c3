import Glibc

/// Cuts a stream of bytes into messages: a flag byte, a length of four bytes (big endian), and that many bytes.
///
/// A message that lies whole in one chunk is handed out where it is; only the others are gathered, and memory for
/// them grows with the bytes that came, never with the length that was announced. Those whose flag says that they are
/// compressed are handed out inflated.
struct MessageDeframer: ~Copyable {
    enum Problem: Error, Equatable {
        /// The announced length is above the limit. Nothing of the message was kept.
        case tooLarge(bytes: Int)
        /// What a compressed message becomes is above the limit.
        case inflatesTooLarge
        /// The compressed flag is set, and no compression was agreed.
        case compressed
        /// A compressed message is not what its encoding says.
        case corrupt
        /// The flag byte is neither 0 nor 1.
        case badFlag(UInt8)
    }

    private static let prefixBytes = 5

    let messageBytesMax: Int
    /// What the peer said about compressed messages; set before the first.
    var encoding = MessageEncoding.identity
    /// Whether the message that `next` gave last came compressed.
    private(set) var wasCompressed = false
    /// Bytes of it as it came; meaningful when it came compressed.
    private(set) var compressedBytes = 0
    private var memory = GrowingMemory()
    private var inflated = GrowingMemory()
    private var prefix: (UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0)
    private var prefixCount = 0
    /// Length of the message in work; meaningful when the prefix is whole.
    private var messageBytes = 0
    private var gathered = 0
    /// The gathered message was handed out; its memory may be used again.
    private var isHandedOut = false

    init(messageBytesMax: Int) {
        self.messageBytesMax = messageBytesMax
    }

    /// Bytes of a partial message that it keeps.
    var bufferedBytes: Int { isHandedOut ? 0 : gathered + prefixCount }

    /// Some but not all bytes of a message came.
    var isMidMessage: Bool { !isHandedOut && prefixCount > 0 }

    /// Takes bytes off the front of `input`, up to the end of the next message. Nil: it took all, and that was not
    /// enough. The message is valid until the next call, and not longer than `input`.
    mutating func next(
        _ input: inout UnsafeRawBufferPointer
    ) throws(Problem) -> UnsafeRawBufferPointer? {
        if isHandedOut { reset() }
        if prefixCount == 0, input.count >= Self.prefixBytes {
            let length = try length(flag: input[0], input[1], input[2], input[3], input[4])
            if input.count - Self.prefixBytes >= length {
                let end = Self.prefixBytes + length
                let message = UnsafeRawBufferPointer(rebasing: input[Self.prefixBytes..<end])
                wasCompressed = input[0] != 0
                input = UnsafeRawBufferPointer(rebasing: input[end...])
                return wasCompressed ? try inflate(message) : message
            }
        }
        return try gather(&input)
    }

    private mutating func gather(
        _ input: inout UnsafeRawBufferPointer
    ) throws(Problem) -> UnsafeRawBufferPointer? {
        while prefixCount < Self.prefixBytes {
            guard let byte = input.first else { return nil }
            withUnsafeMutableBytes(of: &prefix) { $0[prefixCount] = byte }
            prefixCount += 1
            input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
            if prefixCount == Self.prefixBytes {
                messageBytes = try length(
                    flag: prefix.0, prefix.1, prefix.2, prefix.3, prefix.4)
            }
        }
        let count = min(input.count, messageBytes - gathered)
        if count > 0 {
            // At the message's length it stops growing.
            memory.reserve(gathered + count, atMost: messageBytes)
            memcpy(memory.start! + gathered, input.baseAddress!, count)
            gathered += count
            input = UnsafeRawBufferPointer(rebasing: input[count...])
        }
        guard gathered == messageBytes else { return nil }
        isHandedOut = true
        wasCompressed = prefix.0 != 0
        let message = UnsafeRawBufferPointer(start: memory.start, count: messageBytes)
        return wasCompressed ? try inflate(message) : message
    }

    private mutating func inflate(
        _ message: UnsafeRawBufferPointer
    ) throws(Problem) -> UnsafeRawBufferPointer {
        isHandedOut = true
        // Nothing at all is not gzip, but C++ and connect-go take it for an empty message, and harm there is none.
        guard !message.isEmpty else { return message }
        do throws(GzipInflater.Problem) {
            let count = try GzipInflater.ofThisThread.inflate(
                message, into: &inflated, bytesMax: messageBytesMax)
            compressedBytes = message.count
            return UnsafeRawBufferPointer(start: inflated.start, count: count)
        } catch {
            switch error {
            case .tooLarge: throw .inflatesTooLarge
            case .corrupt: throw .corrupt
            }
        }
    }

    /// The message that was handed out is no longer needed: frees its memory.
    mutating func releaseMessage() {
        if isHandedOut { reset() }
    }

    private func length(
        flag: UInt8, _ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8
    ) throws(Problem) -> Int {
        guard flag == 0 || flag == 1 && encoding == .gzip else {
            throw flag == 1 ? .compressed : .badFlag(flag)
        }
        let length = Int(a) << 24 | Int(b) << 16 | Int(c) << 8 | Int(d)
        guard length <= messageBytesMax else { throw .tooLarge(bytes: length) }
        return length
    }

    private mutating func reset() {
        isHandedOut = false
        prefixCount = 0
        gathered = 0
        memory.clear()
        inflated.clear()
    }
}
