import Glibc
import NIOCore
import NIOPosix

/// Errors of sockets and of TLS in words for people.
enum SocketFailure {
    /// Why a socket did not connect.
    static func connectFailure(of error: any Error) -> ConnectFailure {
        switch error {
        case let error as IOError where error.errnoCode == ECONNREFUSED: .refused
        case let error as IOError where error.errnoCode == ENOENT: .noSocketFile
        case let error as IOError where error.errnoCode == ETIMEDOUT: .timedOut
        case ChannelError.connectTimeout: .timedOut
        case let error as NIOConnectionError:
            // A name may have several addresses; any of their errors tells.
            error.connectionErrors.last.map { connectFailure(of: $0.error) } ?? .unknownHost
        default: .socket(text(of: error))
        }
    }

    /// - Parameter role: of this end.
    static func text(of error: any Error, role: HTTP2Role = .client) -> String {
        if let failure = TLSFailure(error, expectedName: "", now: DateText.now) {
            return failure.text(for: role)
        }
        return switch error {
        case let error as IOError: text(errno: error.errnoCode)
        case let error as NIOConnectionError: text(of: error)
        case let error as ChannelError: text(of: error)
        default: "\(error)"
        }
    }

    static func text(errno: CInt) -> String {
        switch errno {
        case EADDRINUSE: "the address is in use"
        case ENOENT: "no such file or folder"
        case EADDRNOTAVAIL: "the address is not one of this machine's"
        case EACCES: "permission denied"
        case ECONNREFUSED: "connection refused"
        case EHOSTUNREACH: "host unreachable"
        case ENETUNREACH: "network unreachable"
        case ETIMEDOUT: "timed out"
        case ECONNRESET: "connection reset"
        default: String(cString: strerror(errno))
        }
    }

    private static func text(of error: NIOConnectionError) -> String {
        if let error = error.connectionErrors.last?.error { return text(of: error) }
        return "the name \(error.host) is not known"
    }

    private static func text(of error: ChannelError) -> String {
        if case .connectTimeout = error { return "timed out" }
        return "\(error)"
    }
}
