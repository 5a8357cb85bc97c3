import Glibc

/// A file that holds a secret.
package enum SecretFile {
    /// Why it must not be used: others than its owner may read or change it. Nil for a file that is fine, and for one
    /// that is not there.
    package static func refusal(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard status.st_mode & 0o077 != 0 else { return nil }
        let mode = String(status.st_mode & 0o777, radix: 8)
        return "\(path) has mode 0\(mode), and it holds a secret: chmod 600 \(path)"
    }
}
