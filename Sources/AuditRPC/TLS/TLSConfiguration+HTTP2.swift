import NIOCore
import NIOSSL

extension TLSConfiguration {
    /// What both ends hold to: RFC 9113 §9.2 and its appendix A, which leave TLS 1.2 only suites with an ephemeral key
    /// exchange and authenticated encryption. Every suite of TLS 1.3 is one.
    mutating func restrictToHTTP2(_ limits: RPCLimits) {
        applicationProtocols = [HTTP2.applicationProtocol]
        minimumTLSVersion = .tlsv12
        cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        renegotiationSupport = .none
        shutdownTimeout = limits.tlsCloseTime
    }
}

enum HTTP2 {
    /// Of application-layer protocol negotiation (RFC 9113 §3.2).
    static let applicationProtocol = "h2"
}
