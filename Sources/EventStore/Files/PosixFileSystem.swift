#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The operating system's files.
package struct PosixFileSystem: FileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(FileError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else {
            throw FileError(operation: "create", path: path, number: errno)
        }
        return false
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        guard let directory = opendir(path) else {
            throw FileError(operation: "list", path: path, number: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError(operation: "list", path: path, number: errno) }
        return names
    }

    package func open(_ path: String, create: Bool) throws(FileError) -> any File {
        let flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0)
        return try PosixFile(path, flags: flags, operation: create ? "create" : "open")
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        #if canImport(Glibc)
            let status = Glibc.rename(path, newPath)
        #else
            let status = Darwin.rename(path, newPath)
        #endif
        guard status == 0 else {
            throw FileError(operation: "rename", path: path, number: errno)
        }
    }

    package func link(_ path: String, to newPath: String) throws(FileError) {
        #if canImport(Glibc)
            let status = Glibc.link(path, newPath)
        #else
            let status = Darwin.link(path, newPath)
        #endif
        guard status == 0 else {
            throw FileError(operation: "link", path: newPath, number: errno)
        }
    }

    package func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 else {
            throw FileError(operation: "remove", path: path, number: errno)
        }
    }

    package func removeDirectory(_ path: String) throws(FileError) {
        guard rmdir(path) == 0 else {
            throw FileError(operation: "remove", path: path, number: errno)
        }
    }

    package func freeBytes(_ path: String) throws(FileError) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            throw FileError(operation: "look for room in", path: path, number: errno)
        }
        let (bytes, overflow) = Int(clamping: status.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        return overflow ? .max : bytes
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        let directory = try PosixFile(
            path, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC, operation: "open")
        guard fsync(directory.descriptor) == 0 else {
            throw FileError(operation: "sync", path: path, number: errno)
        }
    }

    package func lock(_ path: String) throws(FileError) -> (file: any File, isTaken: Bool) {
        let file = try PosixFile(path, flags: O_RDWR | O_CREAT | O_CLOEXEC, operation: "open")
        if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { return (file, true) }
        guard errno == EWOULDBLOCK else {
            throw FileError(operation: "lock", path: path, number: errno)
        }
        return (file, false)
    }
}

/// A descriptor, closed with the last reference.
private final class PosixFile: File {
    let descriptor: Int32
    private let path: String

    init(_ path: String, flags: Int32, operation: String) throws(FileError) {
        descriptor = open(path, flags, 0o600)
        self.path = path
        guard descriptor >= 0 else {
            throw FileError(operation: operation, path: path, number: errno)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw FileError(operation: "read", path: path, number: errno)
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        while true {
            let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw FileError(operation: "write", path: path, number: errno)
            }
        }
    }

    func synchronize() throws(FileError) {
        #if canImport(Glibc)
            let status = fdatasync(descriptor)
        #else
            let status = fcntl(descriptor, F_FULLFSYNC)
        #endif
        // Not again on EINTR either: what a failed sync leaves behind is not known.
        guard status == 0 else { throw FileError(operation: "sync", path: path, number: errno) }
    }

    func truncate(to bytes: Int) throws(FileError) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else {
            throw FileError(operation: "truncate", path: path, number: errno)
        }
    }

    func size() throws(FileError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(operation: "inspect", path: path, number: errno)
        }
        return Int(status.st_size)
    }
}

/// The number of this process, as the lock names its holder.
func processNumber() -> Int32 { getpid() }

extension FileError {
    /// The operating system's words for it.
    var reason: String { String(cString: strerror(number)) }

    /// More than may be read at once.
    static let tooLarge = EFBIG

    var isTooLarge: Bool { number == FileError.tooLarge }

    /// Something has the name.
    static let exists = EEXIST

    /// There is no such file.
    var isMissing: Bool { number == ENOENT }

    /// This process may not.
    var isForbidden: Bool { number == EACCES }

    /// Something has the name already.
    var isTaken: Bool { number == EEXIST }

    /// The file cannot have a name there: another file system, one without hard links, or too many names
    /// already. A copy can.
    var isUnlinkable: Bool { [EXDEV, EPERM, EMLINK, ENOTSUP, ENOSYS].contains(number) }

    /// The disk does not give what lies there: sectors went bad.
    var isUnreadable: Bool { number == EIO }

    /// The process or the system has as many open files as it may: that passes.
    var isOutOfDescriptors: Bool { number == EMFILE || number == ENFILE }

    /// The device or the owner's share of it has no room.
    package var isDiskFull: Bool { number == ENOSPC || number == EDQUOT }
}
