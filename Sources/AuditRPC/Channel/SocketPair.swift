import Glibc
import NIOCore

/// Two sockets that are connected to one another.
enum SocketPair {
    /// Both are the caller's to close.
    ///
    /// - Throws: UNAVAILABLE when the process has no descriptors left.
    static func open() throws(RPCError) -> (NIOBSDSocket.Handle, NIOBSDSocket.Handle) {
        var sockets: [NIOBSDSocket.Handle] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &sockets) == 0 else {
            throw RPCError(
                .unavailable, "the server takes no more connections",
                cause: IOError(errnoCode: errno, reason: "socketpair"))
        }
        return (sockets[0], sockets[1])
    }
}
