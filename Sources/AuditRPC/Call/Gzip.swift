import CZlib
import Glibc

/// A zlib stream and its memory.
private struct ZlibStream: ~Copyable {
    // zlib remembers the address, so the stream must not move.
    let pointer: UnsafeMutablePointer<z_stream>
    private let end: (UnsafeMutablePointer<z_stream>) -> CInt

    /// `start` is a function of zlib's that begins a stream, and fails for want of memory only.
    init(
        _ start: (UnsafeMutablePointer<z_stream>) -> CInt,
        end: @escaping (UnsafeMutablePointer<z_stream>) -> CInt
    ) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        self.end = end
        guard start(pointer) == Z_OK else { preconditionFailure("out of memory") }
    }

    deinit {
        _ = end(pointer)
        pointer.deallocate()
    }

    func setInput(_ bytes: UnsafeRawBufferPointer) {
        // zlib takes a pointer to mutable bytes and never writes to them.
        pointer.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        // The length of a message has 32 bits on the wire.
        pointer.pointee.avail_in = UInt32(bytes.count)
    }

    func setOutput(_ start: UnsafeMutableRawPointer, count: Int) {
        pointer.pointee.next_out = start.assumingMemoryBound(to: UInt8.self)
        pointer.pointee.avail_out = UInt32(clamping: count)
    }
}

/// 15: windows of every size that gzip has; 16: its header and checksum, and no other format's.
private let gzipWindowBits: CInt = 15 + 16
private let streamBytes = CInt(MemoryLayout<z_stream>.size)

/// Reads gzip (RFC 1952), one message after the other.
final class GzipInflater {
    enum Problem: Error, Equatable {
        /// More than the limit comes out; how much more is not known.
        case tooLarge
        /// Not gzip, damaged, cut, or followed by something else.
        case corrupt
    }

    /// One serves every call of its thread: 40 KiB, which calls would otherwise take and give back for each message.
    static var ofThisThread: GzipInflater { perThread.value }
    private static let perThread = ThreadLocal { GzipInflater() }

    private let stream = ZlibStream(
        { inflateInit2_($0, gzipWindowBits, ZLIB_VERSION, streamBytes) }, end: { inflateEnd($0) })

    /// Inflates a message into `memory` and returns its length. Takes memory as bytes come out, and never for more than
    /// one byte above the limit, however much the message would become.
    ///
    /// A message may be several gzip members, one behind the other (RFC 1952 §2.2): grpc-go and grpc-java read them as
    /// one, and so may their clients write them.
    func inflate(
        _ message: UnsafeRawBufferPointer, into memory: inout GrowingMemory, bytesMax: Int
    ) throws(Problem) -> Int {
        let capacityMax = bytesMax + 1
        var count = 0
        inflateReset(stream.pointer)
        stream.setInput(message)
        // The usual message becomes a few times as long.
        memory.reserve(min(message.count * 4, capacityMax), atMost: capacityMax)
        while true {
            if count == memory.capacity { memory.reserve(count + 1, atMost: capacityMax) }
            let room = min(memory.capacity, capacityMax) - count
            stream.setOutput(memory.start! + count, count: room)
            let result = CZlib.inflate(stream.pointer, Z_NO_FLUSH)
            count += room - Int(stream.pointer.pointee.avail_out)
            guard count <= bytesMax else { throw .tooLarge }
            switch result {
            case Z_OK: continue
            case Z_STREAM_END:
                if stream.pointer.pointee.avail_in == 0 { return count }
                inflateReset(stream.pointer)
            default: throw .corrupt
            }
        }
    }
}

/// Writes gzip (RFC 1952), one message after the other.
final class GzipDeflater {
    /// The fastest: the event loop waits for it, and its other calls too. The best level takes four times as long for
    /// answers that are a fifth smaller.
    private static let level = CInt(Z_BEST_SPEED)

    /// One serves every call of its thread: 270 KiB, which would be too much for each of a thousand streams.
    static var ofThisThread: GzipDeflater { perThread.value }
    private static let perThread = ThreadLocal { GzipDeflater() }

    private let stream = ZlibStream(
        {
            deflateInit2_(
                $0, level, Z_DEFLATED, gzipWindowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                streamBytes)
        }, end: { deflateEnd($0) })
    private var memory = GrowingMemory()

    /// The compressed message; nil when it would not be shorter, so that it had better go as it is.
    func deflate(_ message: [UInt8]) -> [UInt8]? {
        let room = message.count - 1
        guard room > 0 else { return nil }
        defer { memory.clear() }
        memory.reserve(room, atMost: room)
        return message.withUnsafeBytes { bytes in
            deflateReset(stream.pointer)
            stream.setInput(bytes)
            stream.setOutput(memory.start!, count: room)
            guard CZlib.deflate(stream.pointer, Z_FINISH) == Z_STREAM_END else { return nil }
            let count = room - Int(stream.pointer.pointee.avail_out)
            return Array(UnsafeRawBufferPointer(start: memory.start, count: count))
        }
    }
}

/// For what is no message: files that another server of this process gives out.
package enum Gzip {
    /// Nil when it would be no shorter.
    package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        GzipDeflater.ofThisThread.deflate(bytes)
    }
}
