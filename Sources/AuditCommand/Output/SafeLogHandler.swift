import Logging

/// A log whose every event is one line: what clients choose (the name of an organization, a path, a header field) can't
/// begin another one, nor tell a terminal what to do.
struct SafeLogHandler<Base: LogHandler>: LogHandler {
    private var base: Base

    init(_ base: Base) { self.base = base }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue.mapValues(\.safe) }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue?.safe }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(SafeText.line(event.message.description))"
        event.metadata = event.metadata?.mapValues(\.safe)
        base.log(event: event)
    }
}

extension Logger.MetadataValue {
    fileprivate var safe: Self {
        switch self {
        case .string(let text): .string(SafeText.line(text))
        case .stringConvertible(let value): .string(SafeText.line(value.description))
        case .array(let values): .array(values.map(\.safe))
        case .dictionary(let values): .dictionary(values.mapValues(\.safe))
        }
    }
}
