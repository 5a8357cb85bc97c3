import Logging
import NIOCore
import NIOEmbedded

@testable import AuditRPC

let quiet = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

extension RPCLimits {
    /// So small that an input can reach each of them.
    static var tiny: RPCLimits {
        var limits = RPCLimits()
        limits.messageBytesMax = 512
        limits.streamsPerConnectionMax = 8
        limits.headerListBytesMax = 1_024
        limits.connectionBufferedBytesMax = 4 << 10
        limits.connectionQueuedBytesMax = 64 << 10
        limits.streamWindowBytes = 1 << 10
        limits.connectionWindowBytes = 64 << 10
        limits.outboundHighWatermarkBytes = 2 << 10
        limits.outboundLowWatermarkBytes = 1 << 10
        limits.unreadAcknowledgementsMax = 16
        limits.frameUnitsMax = 200_000
        limits.connectionsMax = 2
        limits.waitingBytesMax = 96 << 10
        limits.waitingFramesMax = 32
        return limits
    }
}

/// What happens to a connection besides the bytes: the first two bytes of an input.
struct ConnectionScript {
    private var chunking: Chunking
    /// The bytes follow what every peer begins with, so that an input need not find it.
    private let hasPreface: Bool
    /// The socket takes no bytes for every other chunk.
    private let isSlow: Bool
    /// The end begins in the middle of the bytes.
    private let endsEarly: Bool

    init(_ input: inout FuzzInput) {
        chunking = Chunking(input.byte())
        let choices = input.byte()
        hasPreface = choices & 1 != 0
        isSlow = choices & 2 != 0
        endsEarly = choices & 4 != 0
    }

    /// Runs a connection from its beginning to its end, on a socket and an event loop without time.
    ///
    /// - Parameters:
    ///   - end: begins a drain or a shutdown.
    ///   - opened: called once the connection is there.
    func run(
        _ connection: HTTP2Connection, on loop: EmbeddedEventLoop, preface: [UInt8],
        _ bytes: UnsafeRawBufferPointer, end: () -> Void, opened: () -> Void = {}
    ) throws {
        let channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/fuzz"), promise: nil)
        loop.run()
        opened()
        if hasPreface { try preface.withUnsafeBytes { _ = try receive($0, channel) } }
        var chunking = chunking
        var left = bytes.count
        var hasEnded = false
        try chunking.forEach(of: bytes) { chunk in
            if isSlow { setWritable(!channel.isWritable, channel) }
            left -= chunk.count
            if endsEarly, !hasEnded, left <= bytes.count / 2 {
                hasEnded = true
                end()
            }
            return try receive(chunk, channel)
        }
        setWritable(true, channel)
        loop.run()
        try discardOutput(channel)
        if !hasEnded { end() }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        loop.run()
        try discardOutput(channel)
    }

    /// False once the connection is closed.
    private func receive(
        _ bytes: UnsafeRawBufferPointer, _ channel: EmbeddedChannel
    ) throws -> Bool {
        guard channel.isActive else { return false }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
        try discardOutput(channel)
        return true
    }

    private func setWritable(_ isWritable: Bool, _ channel: EmbeddedChannel) {
        guard channel.isWritable != isWritable, channel.isActive else { return }
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    private func discardOutput(_ channel: EmbeddedChannel) throws {
        while try channel.readOutbound(as: ByteBuffer.self) != nil {}
    }
}
