package import Logging
import Synchronization

/// What was logged, in order.
package final class KeptLog: Sendable {
    package struct Entry: Sendable {
        package var level: Logger.Level
        package var message: String
        /// The handler's own and the entry's together.
        package var metadata: [String: String]
    }

    private let kept = Mutex<[Entry]>([])

    package init() {}

    package var entries: [Entry] { kept.withLock(\.self) }

    package var handler: Handler { Handler(log: self) }

    package struct Handler: LogHandler {
        fileprivate let log: KeptLog
        package var logLevel = Logger.Level.info
        package var metadata: Logger.Metadata = [:]

        package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        package func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            // Not the debug description of all, which escapes by itself.
            let entry = Entry(
                level: event.level, message: "\(event.message)",
                metadata: all.mapValues { "\($0)" })
            log.kept.withLock { $0.append(entry) }
        }
    }
}
