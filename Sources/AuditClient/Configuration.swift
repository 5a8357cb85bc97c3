internal import AuditRPC
internal import NIOCore

extension AuditLogClient {
    /// How a client connects, how long it waits, and when it tries again. What is not set suits a
    /// service beside its server.
    public struct Configuration: Sendable {
        /// For each call with one answer, all its attempts together; nil for no limit. An upload has
        /// no such end: each of its batches may wait that long for its answer.
        public var callTimeout: Duration?
        /// For each attempt to reach a server, until it has begun to talk.
        public var connectTimeout: Duration
        /// A call waits for a connection until its time is over. Otherwise it fails when every
        /// server was tried in vain.
        public var waitsForReady: Bool
        public var retryPolicy: RetryPolicy
        /// The pauses between rounds in which no server was reached.
        public var reconnectBackoff: Backoff
        /// The silence of a server, while calls are open, after which it is asked whether it is still
        /// there; nil never asks. A server may end connections that ask often (those of this project
        /// allow 10 seconds, others many minutes): then the client asks half as often.
        public var keepaliveTime: Duration?
        /// Nil for plain text, which is for this machine and for networks that nobody else reads.
        /// A Unix socket never needs it.
        public var tls: ClientTLS?
        /// The API token that each call shows; nil for none. Over plain text to another machine everybody
        /// between may read it.
        public var token: String?
        /// Compresses requests with gzip, where that makes them shorter: for a network that is slower than
        /// the processor. The server must know gzip; those of this project do. Answers are decompressed in
        /// any case.
        public var compressesRequests: Bool

        public init(
            callTimeout: Duration? = .seconds(30), connectTimeout: Duration = .seconds(10),
            waitsForReady: Bool = false, retryPolicy: RetryPolicy = .standard,
            reconnectBackoff: Backoff = .reconnect, keepaliveTime: Duration? = .seconds(30),
            tls: ClientTLS? = nil, token: String? = nil, compressesRequests: Bool = false
        ) {
            self.callTimeout = callTimeout
            self.connectTimeout = connectTimeout
            self.waitsForReady = waitsForReady
            self.retryPolicy = retryPolicy
            self.reconnectBackoff = reconnectBackoff
            self.keepaliveTime = keepaliveTime
            self.tls = tls
            self.token = token
            self.compressesRequests = compressesRequests
        }

        /// Of a call that has no deadline.
        var callOptions: CallOptions {
            var options = CallOptions(compress: compressesRequests)
            if let token { options.metadata.add("authorization", "Bearer \(token)") }
            return options
        }

        var connection: RPCClientConnection.Configuration {
            RPCClientConnection.Configuration(
                connectTimeout: TimeAmount(connectTimeout),
                keepalive: keepaliveTime.map {
                    RPCKeepalive(
                        time: TimeAmount($0),
                        timeout: TimeAmount(min($0, Limits.keepaliveTimeout)))
                },
                tls: tls?.rpc)
        }
    }
}
