import Glibc

/// Standard output and standard error: whole writes, and a closed pipe told apart from a fault.
struct StandardStream: Sendable {
    let descriptor: Int32

    static let output = StandardStream(descriptor: STDOUT_FILENO)
    static let error = StandardStream(descriptor: STDERR_FILENO)

    /// The reader has gone (`auditrpc query | head`): the command ends quietly.
    struct ReaderGone: Error {}

    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    func writeLine(_ text: String) throws {
        try write(text + "\n")
    }

    /// Returns when what was written is on stable storage, where it goes to a file; what goes to a
    /// pipe or a terminal is for its reader to keep.
    func sync() throws {
        // A pipe, a terminal and a device have nothing to synchronize: EINVAL.
        guard fdatasync(descriptor) == 0 || errno == EINVAL else {
            throw CommandError(.failure, "could not write: \(String(cString: strerror(errno)))")
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            } else if errno == EAGAIN {
                // A pipe that its other end made non-blocking.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno == EPIPE {
                throw ReaderGone()
            } else if errno != EINTR {
                throw CommandError(
                    .failure, "could not write: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// A line on standard error for the person who runs the command. A closed standard error is no
/// reason to stop. `text` is escaped: a server, or whatever answers at its address, may have
/// chosen some of it.
func note(_ text: String) {
    try? StandardStream.error.writeLine(noteLine(text))
}

func noteLine(_ text: String) -> String {
    "auditrpc: " + SafeText.line(text)
}
