import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// HTTP/1.1 and HTTP/2 over TLS, with the certificates that the service shows at the time: connections keep what they
/// began with.
struct RenewedTLSChannel: HTTPChannelHandler {
    typealias Value = HTTP2UpgradeChannel.Value

    let responder: Responder
    private let renewal: Renewal

    /// - Parameter tls: what is shown now.
    init(
        tls: @escaping @Sendable () -> TLSConfiguration, configuration: HTTP2ChannelConfiguration,
        responder: @escaping Responder
    ) throws {
        self.responder = responder
        renewal = try Renewal(tls: tls, configuration: configuration, responder: responder)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        do {
            return try renewal.current().setup(channel: channel, logger: logger)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await renewal.any.handle(value: value, logger: logger)
    }
}

/// What serves the next connection.
private final class Renewal: Sendable {
    private let tls: @Sendable () -> TLSConfiguration
    private let configuration: HTTP2ChannelConfiguration
    private let responder: HTTPChannelHandler.Responder
    private let state: Mutex<(shown: TLSConfiguration, channel: HTTP2UpgradeChannel)>

    init(
        tls: @escaping @Sendable () -> TLSConfiguration, configuration: HTTP2ChannelConfiguration,
        responder: @escaping HTTPChannelHandler.Responder
    ) throws {
        self.tls = tls
        self.configuration = configuration
        self.responder = responder
        let shown = tls()
        let channel = try HTTP2UpgradeChannel(
            tlsConfiguration: shown, configuration: configuration, responder: responder)
        state = Mutex((shown, channel))
    }

    /// Handles connections that any of them has set up.
    var any: HTTP2UpgradeChannel { state.withLock { $0.channel } }

    func current() throws -> HTTP2UpgradeChannel {
        let now = tls()
        return try state.withLock { state in
            if !state.shown.bestEffortEquals(now) {
                let channel = try HTTP2UpgradeChannel(
                    tlsConfiguration: now, configuration: configuration, responder: responder)
                state = (now, channel)
            }
            return state.channel
        }
    }
}
