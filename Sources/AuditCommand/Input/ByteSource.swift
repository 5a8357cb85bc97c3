import Dispatch
import Glibc

/// A file or pipe, read chunk by chunk without holding up other tasks: a pipe may be silent for
/// hours.
struct ByteSource: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "auditrpc.input")

    static let standardInput = ByteSource(descriptor: STDIN_FILENO)

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next bytes as soon as there are any; nil at the end.
    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try read() }) }
        }
    }

    private func read() throws -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Limits.readBytes) { buffer, size in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                size = max(count, 0)
            }
            if count > 0 { return bytes }
            if count == 0 { return nil }
            guard errno == EINTR else {
                throw CommandError(
                    .failure,
                    "could not read standard input: \(String(cString: strerror(errno)))")
            }
        }
    }
}
