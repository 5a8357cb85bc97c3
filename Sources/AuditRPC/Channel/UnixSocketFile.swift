import Glibc

/// The file of a Unix socket that this process listens on.
struct UnixSocketFile: Sendable {
    private let path: String
    /// Tell this process's file from one that took its place.
    private let device: dev_t
    private let inode: ino_t

    /// Makes the socket and its file. A file that a dead process has left behind is replaced; one that answers, and
    /// anything that is no socket, stays as it is.
    ///
    /// - Parameter mode: of the file, whatever the umask is; at no time has it more.
    /// - Returns: the descriptor of the bound socket, which the caller closes, and its file.
    /// - Throws: UNAVAILABLE with the reason.
    static func bind(
        _ path: String, mode: mode_t
    ) throws(RPCError) -> (descriptor: CInt, file: UnixSocketFile) {
        var address = try socketAddress(path)
        try makeRoom(at: path, &address)
        let descriptor = try makeSocket(path)
        // Linux gives the file the mode of the socket, less the umask; chmod puts back what that took.
        guard fchmod(descriptor, mode) == 0, call(Glibc.bind, descriptor, &address) == 0,
            chmod(path, mode) == 0
        else {
            let failure = failure(path, errno)
            close(descriptor)
            throw failure
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let failure = failure(path, errno)
            close(descriptor)
            throw failure
        }
        return (
            descriptor, UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino)
        )
    }

    /// Removes the file, unless another process has put its own there.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            return
        }
        unlink(path)
    }

    /// Removes the socket of a process that is gone.
    private static func makeRoom(at path: String, _ address: inout sockaddr_un) throws(RPCError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw failure(path, errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw failure(path, "something that is no socket lies there; it was left alone")
        }
        let descriptor = try makeSocket(path)
        defer { close(descriptor) }
        guard call(Glibc.connect, descriptor, &address) != 0 else {
            throw failure(path, "another process listens there")
        }
        switch errno {
        case ECONNREFUSED:
            guard unlink(path) == 0 || errno == ENOENT else { throw failure(path, errno) }
        case ENOENT: break
        case EAGAIN: throw failure(path, "another process listens there")
        default: throw failure(path, errno)
        }
    }

    private static func makeSocket(_ path: String) throws(RPCError) -> CInt {
        let type =
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
            | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw failure(path, errno) }
        return descriptor
    }

    private static func socketAddress(_ path: String) throws(RPCError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard isShort else {
            let room = MemoryLayout.size(ofValue: address.sun_path) - 1
            throw failure(path, "the path is longer than \(room) bytes")
        }
        return address
    }

    private static func call(
        _ function: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt, _ descriptor: CInt,
        _ address: inout sockaddr_un
    ) -> CInt {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ path: String, _ errno: CInt) -> RPCError {
        failure(path, SocketFailure.text(errno: errno))
    }

    private static func failure(_ path: String, _ reason: String) -> RPCError {
        RPCError(.unavailable, "cannot listen on unix:\(path): \(reason)")
    }
}
