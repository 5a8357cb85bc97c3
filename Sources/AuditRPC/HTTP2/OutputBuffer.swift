import NIOCore

/// What one write to a socket gathers: bytes of the connection's own, and between them pieces of messages that many
/// connections share and nobody copies.
struct OutputBuffer {
    /// A piece, and how many of the readable own bytes go before it.
    private typealias Cut = (offset: Int, piece: ByteBuffer)

    private var own = ByteBuffer()
    private var cuts: [Cut] = []
    private(set) var byteCount = 0

    /// Above it an idle connection would keep a large buffer.
    private static let keptBytesMax = 64 << 10

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        own.writeBytes(bytes)
        byteCount += bytes.count
    }

    mutating func append(sharing piece: ByteBuffer) {
        cuts.append((own.readableBytes, piece))
        byteCount += piece.readableBytes
    }

    /// Hands out everything in order, and is empty then. Its memory is that of what it handed out:
    /// `reuseMemory` once that is written.
    mutating func drain(_ write: (ByteBuffer) -> Void) {
        var passed = 0
        for cut in cuts {
            if cut.offset > passed {
                write(own.readSlice(length: cut.offset - passed)!)
                passed = cut.offset
            }
            write(cut.piece)
        }
        if own.readableBytes > 0 {
            write(own)
            own.moveReaderIndex(to: own.writerIndex)
        }
        byteCount = 0
        cuts = []
    }

    /// Begins anew in the same memory, where nobody holds what was handed out; who still does keeps it.
    mutating func reuseMemory() {
        guard own.readableBytes == 0 else { return }
        if own.capacity > Self.keptBytesMax { own = ByteBuffer() } else { own.clear() }
    }
}
