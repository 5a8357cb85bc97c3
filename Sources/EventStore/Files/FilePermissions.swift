import Glibc

/// Who may do what with a file.
package enum FilePermissions {
    /// As chmod(1) takes them. Nil for what is no regular file, or not there.
    package static func bits(of path: String) -> UInt32? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status.st_mode & 0o777
    }
}
