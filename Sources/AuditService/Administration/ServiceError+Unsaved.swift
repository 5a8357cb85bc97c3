import EventStore

extension ServiceError {
    /// Of a change of the administration that did not reach its file: `exhausted` or `unavailable`.
    init(unsaved error: FileError) {
        self.init(
            error.isDiskFull ? .exhausted : .unavailable,
            "the change could not be written to disk; nothing has changed", cause: error)
    }
}
