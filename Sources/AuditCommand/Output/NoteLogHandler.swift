import Logging

extension Logger {
    /// For the person who runs a command: what the client notices, as lines on standard error.
    static let notes = Logger(label: "auditrpc") { _ in NoteLogHandler() }

    /// For nobody.
    static let silent = Logger(label: "auditrpc") { _ in SwiftLogNoOpLogHandler() }
}

/// Messages as notes, without time, label and metadata.
private struct NoteLogHandler: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    func log(event: LogEvent) { note("\(event.message)") }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
