import AuditModel
import CAuditProto
import CProtobufC

extension CreateSnapshotRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateSnapshotRequest" }

    init(_ message: Auditrpc__V1__CreateSnapshotRequest, _ check: inout FieldCheck) {
        check.text(message.directory.buffer, "directory")
        directory = check.string(message.directory, "directory")
        // A relative one would be the server's to interpret, and nobody knows where it was started.
        if !directory.hasPrefix("/") { check.refuse("directory", "is not an absolute path") }
    }

    func write(to message: inout Auditrpc__V1__CreateSnapshotRequest, in arena: borrowing Arena) {
        message.directory = arena.copy(directory)
    }
}

extension CreateSnapshotResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateSnapshotResponse" }

    init(_ message: Auditrpc__V1__CreateSnapshotResponse, _ check: inout FieldCheck) {
        createdAt = check.timestamp(message.created_at, "created_at")
        firstSequence = Sequence(message.first_sequence)
        headSequence = Sequence(message.head_sequence)
        eventCount = message.event_count
        fileCount = message.file_count
        fileBytes = message.file_bytes
        linkedFiles = message.linked_files
        copiedFiles = message.copied_files
        eventSequence = Sequence(message.event_sequence)
    }

    func write(to message: inout Auditrpc__V1__CreateSnapshotResponse, in arena: borrowing Arena) {
        message.created_at = arena.timestamp(createdAt)
        message.first_sequence = firstSequence.rawValue
        message.head_sequence = headSequence.rawValue
        message.event_count = eventCount
        message.file_count = fileCount
        message.file_bytes = fileBytes
        message.linked_files = linkedFiles
        message.copied_files = copiedFiles
        message.event_sequence = eventSequence.rawValue
    }
}
