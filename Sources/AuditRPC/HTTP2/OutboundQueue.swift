import Glibc
import NIOCore

/// The messages that a stream has still to send. Gives them out as one run of bytes, each behind its prefix.
///
/// The usual call sends one message: it stays where its maker put it, and nothing is allocated here.
struct OutboundQueue {
    /// A piece of a shared message that is smaller is copied: naming it to the socket would cost more.
    static let sharedPieceBytesMin = 4 << 10
    /// What a shared message costs each of its calls, beside its bytes.
    static let sharedSlotBytes = 256

    private enum Message {
        /// Still without its prefix.
        case own([UInt8], isCompressed: Bool)
        case shared(ByteBuffer, SharedHold?)

        static var none: Message { .own([], isCompressed: false) }

        /// With the prefix.
        var framedBytes: Int {
            switch self {
            case .own(let bytes, _): bytes.count + MessagePrefix.byteCount
            case .shared(let framed, _): framed.readableBytes
            }
        }
    }

    private var current: Message?
    /// How much of the current message has gone out, its prefix included.
    private var currentOffset = 0
    private var waiting: [Message] = []
    private var waitingHead = 0
    /// Bytes that have still to go out, prefixes included.
    private(set) var byteCount = 0
    /// Those of them that are of shared messages, and how many these are.
    private var sharedBytes = 0
    private var sharedCount = 0
    /// No message follows.
    private(set) var isFinished = false

    var isEmpty: Bool { byteCount == 0 }
    /// What the queue costs in memory: of shared messages, only their places.
    var ownBytes: Int { byteCount - sharedBytes + sharedCount * Self.sharedSlotBytes }
    /// Some but not all bytes of a message went out, so that nothing else can follow but its rest.
    var isMidMessage: Bool { currentOffset > 0 }

    mutating func append(_ bytes: [UInt8], isCompressed: Bool = false) {
        append(.own(bytes, isCompressed: isCompressed))
    }

    /// - Parameters:
    ///   - framed: a message with its prefix.
    ///   - hold: kept until all of it has gone out.
    mutating func append(sharing framed: ByteBuffer, _ hold: SharedHold? = nil) {
        sharedBytes += framed.readableBytes
        sharedCount += 1
        append(.shared(framed, hold))
    }

    private mutating func append(_ message: Message) {
        byteCount += message.framedBytes
        if current == nil {
            current = message
        } else {
            waiting.append(message)
        }
    }

    /// Sends `bytes` without a prefix, and nothing else: the body of an answer that is not gRPC's.
    mutating func setWholeBody(_ bytes: [UInt8]) {
        current = .own(bytes, isCompressed: false)
        currentOffset = MessagePrefix.byteCount
        byteCount = bytes.count
        isFinished = true
    }

    mutating func finish() {
        isFinished = true
    }

    /// Drops what has not begun to go out.
    mutating func discardWaiting() {
        waiting = []
        waitingHead = 0
        if let current, currentOffset > 0 {
            byteCount = current.framedBytes - currentOffset
            if case .shared = current {
                (sharedBytes, sharedCount) = (byteCount, 1)
            } else {
                (sharedBytes, sharedCount) = (0, 0)
            }
        } else {
            current = nil
            (byteCount, sharedBytes, sharedCount) = (0, 0, 0)
        }
    }

    /// Drops everything: the stream is over.
    mutating func discardAll() {
        currentOffset = 0
        discardWaiting()
    }

    /// Moves up to `capacity` bytes to `target` and returns how many.
    mutating func read(into target: UnsafeMutableRawPointer, capacity: Int) -> Int {
        var written = 0
        while written < capacity, let message = current {
            switch message {
            case .own(let bytes, let isCompressed):
                written += copy(
                    bytes, isCompressed, into: target + written, capacity: capacity - written)
            case .shared(let framed, _):
                let count = min(framed.readableBytes - currentOffset, capacity - written)
                framed.withUnsafeReadableBytes { bytes in
                    _ = memcpy(target + written, bytes.baseAddress! + currentOffset, count)
                }
                currentOffset += count
                written += count
                sharedBytes -= count
            }
            if currentOffset == message.framedBytes { advance() }
        }
        byteCount -= written
        return written
    }

    private mutating func copy(
        _ bytes: [UInt8], _ isCompressed: Bool, into target: UnsafeMutableRawPointer, capacity: Int
    ) -> Int {
        var written = 0
        bytes.withUnsafeBytes { message in
            if currentOffset < MessagePrefix.byteCount {
                let length = UInt32(message.count)
                while currentOffset < MessagePrefix.byteCount, written < capacity {
                    let byte: UInt8 =
                        currentOffset == 0
                        ? isCompressed ? 1 : 0
                        : UInt8(truncatingIfNeeded: length >> (8 * (4 - currentOffset)))
                    target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                    currentOffset += 1
                    written += 1
                }
            }
            let start = currentOffset - MessagePrefix.byteCount
            let count = min(capacity - written, message.count - max(start, 0))
            if start >= 0, count > 0 {
                memcpy(target + written, message.baseAddress! + start, count)
                currentOffset += count
                written += count
            }
        }
        return written
    }

    /// Whether the next `capacity` bytes hold a piece of a shared message that is better not copied.
    func sharesNext(_ capacity: Int) -> Bool {
        guard byteCount >= Self.sharedPieceBytesMin, capacity >= Self.sharedPieceBytesMin else {
            return false
        }
        var passed = 0
        var next = current
        var index = waitingHead
        var offset = currentOffset
        while let message = next, passed <= capacity - Self.sharedPieceBytesMin {
            let count = message.framedBytes - offset
            if case .shared = message, count >= Self.sharedPieceBytesMin { return true }
            passed += count
            offset = 0
            next = index < waiting.count ? waiting[index] : nil
            index += 1
        }
        return false
    }

    /// Moves `count` bytes, which must be there, to `output`: shared ones as what they are, where the pieces are large.
    mutating func move(_ count: Int, to output: inout OutputBuffer) {
        var left = count
        while left > 0, let message = current {
            var moved = 0
            if case .shared(let framed, _) = message {
                moved = min(framed.readableBytes - currentOffset, left)
                if moved >= Self.sharedPieceBytesMin {
                    let start = framed.readerIndex + currentOffset
                    output.append(sharing: framed.getSlice(at: start, length: moved)!)
                } else {
                    framed.withUnsafeReadableBytes { bytes in
                        output.append(
                            UnsafeRawBufferPointer(
                                rebasing: bytes[currentOffset..<currentOffset + moved]))
                    }
                }
                currentOffset += moved
                byteCount -= moved
                sharedBytes -= moved
                if currentOffset == framed.readableBytes { advance() }
            } else {
                // What stands between shared messages: a notice of a few bytes.
                moved = min(message.framedBytes - currentOffset, left)
                withUnsafeTemporaryAllocation(byteCount: moved, alignment: 1) { memory in
                    moved = read(into: memory.baseAddress!, capacity: moved)
                    output.append(UnsafeRawBufferPointer(rebasing: memory[..<moved]))
                }
            }
            left -= moved
        }
        assert(left == 0, "only what is there is moved")
    }

    private mutating func advance() {
        if case .shared = current { sharedCount -= 1 }
        currentOffset = 0
        guard waitingHead < waiting.count else {
            current = nil
            return
        }
        current = waiting[waitingHead]
        waiting[waitingHead] = .none
        waitingHead += 1
        if waitingHead == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingHead = 0
        } else if waitingHead >= 64, waitingHead * 2 >= waiting.count {
            waiting.removeFirst(waitingHead)
            waitingHead = 0
        }
    }
}
