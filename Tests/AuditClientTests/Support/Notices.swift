import Logging

/// What a client says in its log for people, as it says it.
final class Notices: Sendable {
    let logger: Logger
    private let stream: AsyncStream<String>

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        self.stream = stream
        logger = Logger(label: "test") { _ in Handler(continuation: continuation) }
    }

    /// The next notice.
    func next() async -> String? {
        for await text in stream { return text }
        return nil
    }

    private struct Handler: LogHandler {
        let continuation: AsyncStream<String>.Continuation
        var logLevel = Logger.Level.notice
        var metadata: Logger.Metadata = [:]

        func log(event: LogEvent) { continuation.yield("\(event.message)") }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}
