import NIOCore
import Synchronization

/// One message that many calls send: framed once, compressed once, and given to every socket as the same memory.
///
/// Worth it for what at least two calls send; a message of one call's goes out with fewer steps as bytes.
package final class SharedMessage: Sendable {
    /// Behind its prefix of five bytes.
    let framed: ByteBuffer
    private let compression = Mutex(Compression.untried)
    /// Connections on which it waits and whose account has it, together once.
    private let holders = Mutex(0)

    private let compressedBytes = Atomic(0)

    private enum Compression {
        case untried
        case tried(SharedMessage?)
    }

    package convenience init(_ message: [UInt8]) {
        self.init(message, isCompressed: false)
    }

    private init(_ message: [UInt8], isCompressed: Bool) {
        framed = Self.frame(message, isCompressed: isCompressed)
    }

    /// Bytes of this form: what counts where it waits for a socket.
    var byteCount: Int { framed.readableBytes }

    /// Bytes that it keeps in memory: more once it was compressed too.
    package var residentBytes: Int { byteCount + compressedBytes.load(ordering: .relaxed) }

    /// Counts its bytes in what all connections share, once for all on which it waits. False when there is no room:
    /// then it counts for nobody. Every true one is followed by a `release` to the same budget.
    func hold(in budget: SharedBudget) -> Bool {
        holders.withLock { holders in
            guard holders > 0 || budget.take(byteCount) else { return false }
            holders += 1
            return true
        }
    }

    /// It waits on one connection less.
    func release(to budget: SharedBudget) {
        holders.withLock { holders in
            holders -= 1
            if holders == 0 { budget.giveBack(byteCount) }
        }
    }

    /// The message without its prefix.
    package var bytes: [UInt8] {
        Array(framed.readableBytesView.dropFirst(MessagePrefix.byteCount))
    }

    /// What calls of that encoding send. The gzip form is a message of its own, unless it is no shorter; made for
    /// whoever asks first, while the others wait.
    func form(for encoding: MessageEncoding) -> SharedMessage {
        switch encoding {
        case .identity: self
        case .gzip: compressed ?? self
        }
    }

    private var compressed: SharedMessage? {
        compression.withLock { state in
            if case .tried(let compressed) = state { return compressed }
            let compressed = GzipDeflater.ofThisThread.deflate(bytes)
                .map { SharedMessage($0, isCompressed: true) }
            compressedBytes.store(compressed?.byteCount ?? 0, ordering: .relaxed)
            state = .tried(compressed)
            return compressed
        }
    }

    private static func frame(_ message: [UInt8], isCompressed: Bool) -> ByteBuffer {
        let allocator = ByteBufferAllocator()
        var buffer = allocator.buffer(capacity: MessagePrefix.byteCount + message.count)
        buffer.writeInteger(UInt8(isCompressed ? 1 : 0))
        buffer.writeInteger(UInt32(message.count))
        buffer.writeBytes(message)
        return buffer
    }
}

/// What stands before each message of gRPC: whether it is compressed, and its length in big endian.
enum MessagePrefix {
    static let byteCount = 5
}
