package import AuditModel

/// Why the store could not do it.
package struct StoreError: Error, Sendable {
    package enum Code: Hashable, Sendable {
        /// Another process has the folder.
        case locked
        /// Bytes on disk are not what was written; `damage` says where.
        case damaged
        /// The file is of a version that this program does not know.
        case unsupportedVersion
        /// No room. Nothing was stored; reads go on, and a later write may succeed.
        case diskFull
        /// Writing failed in a way that leaves unknown what is on disk: no more writes until a
        /// restart. Reads go on.
        case refusingWrites
        /// The operating system refused a file operation.
        case inputOutput
        /// The configuration cannot be served.
        case invalidConfiguration
        /// A snapshot cannot be made in that folder, or none can be started that is unfinished, not all
        /// there, or damaged. Nothing was changed.
        case snapshotRefused
        /// Whoever asked for it wants it no more.
        case cancelled
        /// The store was closed.
        case closed
    }

    package var code: Code
    /// For the operator: names the file, and what to do where something can be done.
    package var message: String
    package var cause: FileError?
    /// Where, for `damaged`.
    package var damage: Damage?

    package init(
        _ code: Code, _ message: String, cause: FileError? = nil, damage: Damage? = nil
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.damage = damage
    }

    /// A place on disk that could not be read, and the events that are lost with it.
    package struct Damage: Hashable, Sendable {
        package var file: String
        /// In bytes from the start of the file.
        package var offset: Int
        /// Those that cannot be read; for an index, those that cannot be found by it.
        package var sequences: SequenceRange
        /// Of a segment: what lies there.
        package var part: String?

        package init(file: String, offset: Int, sequences: SequenceRange, part: String? = nil) {
            self.file = file
            self.offset = offset
            self.sequences = sequences
            self.part = part
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        guard let cause, code != .inputOutput else { return message }
        return "\(message) (\(cause))"
    }
}

extension StoreError {
    /// Runs file operations; one that fails becomes `diskFull` or `inputOutput`.
    package static func wrappingFileErrors<Result>(
        _ body: () throws(FileError) -> Result
    ) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            throw StoreError(
                error.isDiskFull ? .diskFull : .inputOutput,
                "cannot \(error.operation) \(error.path): \(error.reason)", cause: error)
        }
    }

    /// Of events that a repair could not save.
    static func lost(_ sequences: SequenceRange, _ path: String) -> StoreError {
        .damaged("events that could not be saved", file: path, offset: 0, sequences: sequences)
    }

    static func damaged(
        _ what: String, part: String? = nil, file: String, offset: Int, sequences: SequenceRange
    ) -> StoreError {
        StoreError(
            .damaged, "\(what) in \(file) at byte \(offset), sequences \(sequences)",
            damage: Damage(file: file, offset: offset, sequences: sequences, part: part))
    }
}
