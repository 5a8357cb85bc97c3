import Glibc

/// What a file held when it was read. Two are equal when nothing has changed, whatever its times and inode say.
package enum FileContents: Hashable, Sendable {
    case bytes([UInt8])
    case unreadable(errno: CInt)
    /// A folder, a pipe: what cannot be read twice.
    case notAFile
    case tooLarge(bytesMax: Int)

    /// Follows symbolic links.
    package static func read(_ path: String, bytesMax: Int) -> FileContents {
        // Opening a pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .unreadable(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .unreadable(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notAFile }
        guard status.st_size <= bytesMax else { return .tooLarge(bytesMax: bytesMax) }
        // Room for one byte more, since only a read of nothing tells that there are no more.
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { return .unreadable(errno: errno) }
            guard read > 0 else { return .bytes(Array(bytes[..<count])) }
            count += read
        }
        // It grew meanwhile; whoever compares finds that out the next time.
        return .bytes(bytes)
    }

    /// Throws INVALID_ARGUMENT with what, where and why.
    ///
    /// - Parameters:
    ///   - role: what the file is for, in words: "the certificate file".
    ///   - path: where it lies.
    package func bytes(of role: String, at path: String) throws(RPCError) -> [UInt8] {
        let problem: String
        switch self {
        case .bytes(let bytes): return bytes
        case .unreadable(errno: ENOENT), .unreadable(errno: ENOTDIR): problem = "does not exist"
        case .unreadable(errno: EACCES): problem = "may not be read: permission denied"
        case .unreadable(let errno): problem = "cannot be read: \(String(cString: strerror(errno)))"
        case .notAFile: problem = "is not a regular file"
        case .tooLarge(let bytesMax): problem = "is longer than \(bytesMax) bytes"
        }
        throw RPCError(.invalidArgument, "\(role) \(path) \(problem)")
    }
}
