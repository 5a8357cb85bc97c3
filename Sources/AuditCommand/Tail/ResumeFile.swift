import AuditModel
import Codec
import Glibc

/// The position of a feed in a file, so that the next run goes on behind it.
///
/// One line with the last sequence and, where one was named, the organization whose it is. Replaced whole by a
/// rename, after the events up to it were printed: a crash in between prints some events twice and loses none.
///
/// It is one feed's as long as this lives: two that share it would move each other back. The lock
/// is on a file beside it, `.lock`, because the file itself is replaced; that one is empty and
/// stays.
final class ResumeFile: Sendable {
    let path: String
    /// Empty where none was named.
    private let organizationID: String
    private let lock: Int32

    /// Bytes that are read of it: the number, and the longest name of an organization.
    private static let bytesMax = 20 + 1 + Codec.Limits.organizationBytesMax + 1

    /// - Throws: `.refused` when another feed has it.
    init(path: String, organizationID: String = "") throws(CommandError) {
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failed("lock", path) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            close(descriptor)
            guard code == EWOULDBLOCK else { throw Self.failed("lock", path, code) }
            throw CommandError(
                .refused,
                "another tail uses the resume file \(SafeText.line(path)): end it, or give each "
                    + "its own")
        }
        self.path = path
        self.organizationID = organizationID
        lock = descriptor
    }

    deinit { close(lock) }

    /// Nil when there is no file yet.
    func load() throws(CommandError) -> AuditModel.Sequence? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Self.failed("read", path)
        }
        defer { close(descriptor) }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.bytesMax) { buffer, size in
            count = read(descriptor, buffer.baseAddress, buffer.count)
            size = max(count, 0)
        }
        guard count >= 0 else { throw Self.failed("read", path) }
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.dropLast().split(separator: " ", maxSplits: 1)
        guard text.hasSuffix("\n"), let value = words.first.flatMap({ UInt64($0) }) else {
            throw CommandError(
                .refused,
                "the resume file \(SafeText.line(path)) does not hold a sequence; "
                    + "remove it to begin anew")
        }
        guard words.dropFirst().first ?? "" == organizationID else {
            throw CommandError(
                .refused,
                "the resume file \(SafeText.line(path)) is that of another organization, or of all of them, which "
                    + "have other sequences: give each its own, or remove it to begin anew")
        }
        return AuditModel.Sequence(value)
    }

    func save(_ sequence: AuditModel.Sequence) throws(CommandError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failed("write", path) }
        let scope = organizationID.isEmpty ? "" : " " + organizationID
        let bytes = Array("\(sequence)\(scope)\n".utf8)
        let written = write(descriptor, bytes, bytes.count)
        let isSynced = fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        guard written == bytes.count, isSynced, isClosed, rename(temporary, path) == 0 else {
            throw Self.failed("write", path)
        }
    }

    private static func failed(
        _ action: String, _ path: String, _ code: Int32 = errno
    ) -> CommandError {
        CommandError(
            .failure,
            "could not \(action) the resume file \(SafeText.line(path)): "
                + String(cString: strerror(code)))
    }
}
