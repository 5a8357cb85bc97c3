import Glibc

/// The messages that a stream has still to send. Gives them out as one run of bytes, each behind its prefix of five
/// (a flag for compression, never set, and the length in big endian).
///
/// The usual call sends one message: it stays where its maker put it, and nothing is allocated here.
struct OutboundQueue {
    private static let prefixBytes = 5

    private var current: [UInt8]?
    /// How much of the current message has gone out, its prefix included.
    private var currentOffset = 0
    private var waiting: [[UInt8]] = []
    private var waitingHead = 0
    /// Bytes that have still to go out, prefixes included.
    private(set) var byteCount = 0
    /// No message follows.
    private(set) var isFinished = false

    var isEmpty: Bool { byteCount == 0 }
    /// Some but not all bytes of a message went out, so that nothing else can follow but its rest.
    var isMidMessage: Bool { currentOffset > 0 }

    mutating func append(_ message: [UInt8]) {
        byteCount += message.count + Self.prefixBytes
        if current == nil {
            current = message
        } else {
            waiting.append(message)
        }
    }

    mutating func finish() {
        isFinished = true
    }

    /// Drops what has not begun to go out.
    mutating func discardWaiting() {
        waiting = []
        waitingHead = 0
        if let current, currentOffset > 0 {
            byteCount = current.count + Self.prefixBytes - currentOffset
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
            if currentOffset == current!.count + Self.prefixBytes { advance() }
        }
        byteCount -= written
        return written
    }

    private mutating func copyCurrent(into target: UnsafeMutableRawPointer, capacity: Int) -> Int {
        var written = 0
        current!.withUnsafeBytes { message in
            if currentOffset < Self.prefixBytes {
                let length = UInt32(message.count)
                while currentOffset < Self.prefixBytes, written < capacity {
                    let byte =
                        currentOffset == 0
                        ? 0 : UInt8(truncatingIfNeeded: length >> (8 * (4 - currentOffset)))
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
        waiting[waitingHead] = []
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
