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

    private enum Compression {
        case untried
        case tried(ByteBuffer?)
    }

    package init(_ message: [UInt8]) {
        framed = Self.frame(message, isCompressed: false)
    }

    /// Bytes that it keeps in memory, as long as it is not compressed too.
    package var byteCount: Int { framed.readableBytes }

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

    /// For calls that compress: the gzip form, unless it is no shorter. Made for whoever asks first; the others wait.
    var framedForGzip: ByteBuffer {
        compression.withLock { state in
            if case .tried(let compressed) = state { return compressed ?? framed }
            let compressed = GzipDeflater.ofThisThread.deflate(bytes)
                .map { Self.frame($0, isCompressed: true) }
            state = .tried(compressed)
            return compressed ?? framed
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
