import EventStore

/// A file that holds a secret.
package enum SecretFile {
    /// Why it must not be used: others than its owner may read or change it. Nil for a file that is fine, and for one
    /// that is not there.
    package static func refusal(of path: String) -> String? {
        guard let bits = FilePermissions.bits(of: path), bits & 0o077 != 0 else { return nil }
        let mode = String(bits, radix: 8)
        return "\(path) has mode 0\(mode), and it holds a secret: chmod 600 \(path)"
    }
}
