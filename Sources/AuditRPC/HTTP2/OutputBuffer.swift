import NIOCore

/// What one write to a socket gathers: bytes of the connection's own, and between them pieces of messages that many
/// connections share and nobody copies.
struct OutputBuffer {
    /// A piece, and how many of the own bytes go before it.
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
        cuts.append((own.writerIndex, piece))
        byteCount += piece.readableBytes
    }

    /// Hands out everything in order, and is empty then.
    mutating func drain(_ write: (ByteBuffer) -> Void) {
        var offset = 0
        for cut in cuts {
            if cut.offset > offset {
                write(own.getSlice(at: offset, length: cut.offset - offset)!)
                offset = cut.offset
            }
            write(cut.piece)
        }
        if offset == 0 {
            if own.readableBytes > 0 { write(own) }
        } else if own.writerIndex > offset {
            write(own.getSlice(at: offset, length: own.writerIndex - offset)!)
        }
        byteCount = 0
        cuts = []
        if own.capacity > Self.keptBytesMax { own = ByteBuffer() } else { own.clear() }
    }
}
