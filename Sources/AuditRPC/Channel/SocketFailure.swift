import Glibc
import NIOCore
import NIOPosix

/// Errors of sockets in words for people.
enum SocketFailure {
    static func text(of error: any Error) -> String {
        switch error {
        case let error as IOError: text(errno: error.errnoCode)
        case let error as NIOConnectionError: text(of: error)
        case let error as ChannelError: text(of: error)
        default: "\(error)"
        }
    }

    private static func text(errno: CInt) -> String {
        switch errno {
        case EADDRINUSE: "the address is in use"
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
