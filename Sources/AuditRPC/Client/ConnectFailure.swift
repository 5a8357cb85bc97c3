/// Why no connection came about. The cause of the UNAVAILABLE that `RPCClientConnection.connect` throws.
package enum ConnectFailure: Error, Hashable, Sendable {
    /// Nothing listens there.
    case refused
    /// The file of a Unix socket is not there.
    case noSocketFile
    case unknownHost
    /// The socket did not connect in time.
    case timedOut
    /// Another fault of the socket, in words.
    case socket(String)
    /// The peer took the connection and did not begin HTTP/2 in time.
    case silent
    /// The peer ended the connection before HTTP/2 began; in words, where more is known.
    case closed(String?)
    case tls(TLSFailure)
    /// The peer speaks another protocol.
    case foreign(ForeignProtocol)
    /// This side cannot even begin: in words, the files of TLS that cannot be used.
    case unusable(String)

    /// In words, without the address.
    package var text: String {
        switch self {
        case .refused: "connection refused"
        case .noSocketFile: "no such file or folder"
        case .unknownHost: "the name is not known"
        case .timedOut: "timed out"
        case .socket(let text), .unusable(let text): text
        case .silent: "the server did not begin HTTP/2 in time"
        case .closed(nil): "the server closed the connection before HTTP/2 began"
        case .closed(let text?): "the connection ended before HTTP/2 began: \(text)"
        case .tls(let failure): failure.text(for: .client)
        case .foreign: "the server does not speak HTTP/2"
        }
    }
}

/// How a call ended without a status of the server's. The cause of the error that the call throws.
package enum ClientFailure: Error, Hashable, Sendable {
    /// The server has certainly not begun the call: it never left, or was refused unread. It may be made again,
    /// whatever it does (gRPC's "transparent retry").
    case notProcessed
    /// The connection went while the call was under way.
    case connectionLost
    /// The answer is one of HTTP and not of gRPC.
    case notGRPC(httpStatus: Int)
}
