import Glibc

/// The messages that a stream has still to send. Gives them out as one run of bytes, each behind its prefix of five
/// (whether it is compressed, and the length in big endian).
///
/// The usual call sends one message: it stays where its maker put it, and nothing is allocated here.
struct OutboundQueue {
    private static let prefixBytes = 5

    private struct Message {
        var bytes: [UInt8]
        var isCompressed: Bool
    }

    private var current: Message?
    /// How much of the current message has gone out, its prefix included.
    private var currentOffset = 0
    private var waiting: [Message] = []
    private var waitingHead = 0
    /// Bytes that have still to go out, prefixes included.
    private(set) var byteCount = 0
    /// No message follows.
    private(set) var isFinished = false

    var isEmpty: Bool { byteCount == 0 }
    /// Some but not all bytes of a message went out, so that nothing else can follow but its rest.
    var isMidMessage: Bool { currentOffset > 0 }

    mutating func append(_ bytes: [UInt8], isCompressed: Bool = false) {
        byteCount += bytes.count + Self.prefixBytes
        let message = Message(bytes: bytes, isCompressed: isCompressed)
        if current == nil {
            current = message
        } else {
            waiting.append(message)
        }
    }

    /// Sends `bytes` without a prefix, and nothing else: the body of an answer that is not gRPC's.
    mutating func setWholeBody(_ bytes: [UInt8]) {
        current = Message(bytes: bytes, isCompressed: false)
        currentOffset = Self.prefixBytes
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
            byteCount = current.bytes.count + Self.prefixBytes - currentOffset
        } else {
            current = nil
            byteCount = 0
        }
    }

    /// Moves up to `capacity` bytes to `target` and returns how many.
    mutating func read(into target: UnsafeMutableRawPointer, capacity: Int) -> Int {
        var written = 0
        while written < capacity, current != nil {
            written += copyCurrent(into: target + written, capacity: capacity - written)
            if currentOffset == current!.bytes.count + Self.prefixBytes { advance() }
        }
        byteCount -= written
        return written
    }

    private mutating func copyCurrent(into target: UnsafeMutableRawPointer, capacity: Int) -> Int {
        var written = 0
        let flag: UInt8 = current!.isCompressed ? 1 : 0
        current!.bytes.withUnsafeBytes { message in
            if currentOffset < Self.prefixBytes {
                let length = UInt32(message.count)
                while currentOffset < Self.prefixBytes, written < capacity {
                    let byte =
                        currentOffset == 0
                        ? flag : UInt8(truncatingIfNeeded: length >> (8 * (4 - currentOffset)))
                    target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                    currentOffset += 1
                    written += 1
                }
            }
            let start = currentOffset - Self.prefixBytes
            let count = min(capacity - written, message.count - max(start, 0))
            if start >= 0, count > 0 {
                memcpy(target + written, message.baseAddress! + start, count)
                currentOffset += count
                written += count
            }
        }
        return written
    }

    private mutating func advance() {
        currentOffset = 0
        guard waitingHead < waiting.count else {
            current = nil
            return
        }
        current = waiting[waitingHead]
        waiting[waitingHead].bytes = []
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
