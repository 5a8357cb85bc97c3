import NIOCore

/// Keeps the first bytes of a server, to tell what it is when it does not speak HTTP/2. Then it leaves the pipeline.
///
/// Belongs to the event loop of its channel.
final class GreetingReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes that are kept: the first line of any protocol.
    private static let bytesMax = 80

    private var greeting: [UInt8] = []

    /// Nil when it is HTTP/2, or has said nothing.
    var foreignProtocol: ForeignProtocol? { ForeignProtocol(greeting: greeting) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        greeting = Array(unwrapInboundIn(data).readableBytesView.prefix(Self.bytesMax))
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
