import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and HTTP/2 until both ends have agreed to both, then leaves. Where they do not agree, HTTP/2
/// hears one `TLSFailure`, and closes.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let tls: NIOSSLHandler
    /// The server's name or address, for messages; empty at the server's end.
    private let expectedName: String
    /// The name that the other end's certificate must have, besides what NIOSSL checks.
    private let requiredName: String?
    /// The other end's certificate, in DER, once it is verified; nil when none was asked for.
    private let completed: ([UInt8]?) -> Void
    private var hasFailed = false

    private init(
        _ tls: NIOSSLHandler, expectedName: String = "", requiredName: String? = nil,
        completed: @escaping ([UInt8]?) -> Void
    ) {
        self.tls = tls
        self.expectedName = expectedName
        self.requiredName = requiredName
        self.completed = completed
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let agreed) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard agreed == HTTP2.applicationProtocol else { return fail(.noHTTP2, context) }
        if let requiredName {
            let names = tls.peerCertificate.map(CertificateNames.init)
            guard let names, names.contain(requiredName) else {
                return fail(
                    .wrongName(expected: requiredName, names: names?.text ?? "nobody"), context)
            }
        }
        completed(try? tls.peerCertificate?.toDERBytes())
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let failure = TLSFailure(
            error, peer: tls.peerCertificate, expectedName: expectedName, now: DateText.now)
        if let failure {
            fail(failure, context)
        } else {
            context.fireErrorCaught(error)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What a refused end says besides is not HTTP/2's business.
        if !hasFailed { context.fireChannelRead(data) }
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        hasFailed = true
        context.fireErrorCaught(failure)
    }
}

extension TLSHandshake {
    /// For a connection that a client made; HTTP/2 goes behind it.
    static func addToServer(
        _ channel: any Channel, _ identity: ServerIdentity,
        completed: @escaping ([UInt8]?) -> Void
    ) throws {
        let tls = NIOSSLServerHandler(context: identity.context)
        try channel.pipeline.syncOperations.addHandlers(
            tls, TLSHandshake(tls, completed: completed))
    }

    /// For a connection to a server; HTTP/2 goes behind it.
    static func addToClient(_ channel: any Channel, _ identity: ClientIdentity) throws {
        let tls = try NIOSSLClientHandler(
            context: identity.context, serverHostname: identity.serverName)
        try channel.pipeline.syncOperations.addHandlers(
            tls,
            TLSHandshake(
                tls, expectedName: identity.expectedName, requiredName: identity.serverName
            ) { _ in })
    }
}
