import CAuditProto
import CProtobufC

/// The bytes of an event whose caller did not encode it as `CanonicalEvent` wants it.
///
/// Looked at before protobuf-c does. It takes field numbers that other parsers refuse and keeps
/// such a field as an unknown one: stored, it would make every answer that holds the event
/// unreadable to them. And of a message field that is given twice it makes something else than
/// they do, who merge the two.
enum EventEncoding {
    /// The same event as protobuf-c encodes it, without the server's own fields and with what the caller stands for;
    /// nil when it cannot read it. Takes memory of `arena`.
    static func canonical(
        _ event: UnsafeRawBufferPointer, _ defaults: RecordDefaults, _ arena: borrowing Arena
    ) -> [UInt8]? {
        guard let event = arena.unpack(Auditrpc__V1__Event.self, from: event) else { return nil }
        event.pointee.sequence = 0
        event.pointee.recorded_at = nil
        event.pointee.recorder = nil
        if event.pointee.actor == nil, let actor = defaults.actor {
            event.pointee.actor = arena.message(actor)
        }
        if event.pointee.source.len == 0 { event.pointee.source = arena.copy(defaults.source) }
        return Auditrpc__V1__Event.packed(event)
    }

    enum Fault {
        /// They are no protobuf message, or a message in one of its fields is none.
        case malformed
        /// This message field is there more than once.
        case repeated(StaticString)
    }

    /// Nil for bytes that every parser reads alike. Fields that the contract does not know are
    /// fine; groups, which proto3 does not have, are malformed.
    static func fault(in event: UnsafeRawBufferPointer) -> Fault? {
        var reader = WireReader(event)
        var seen = MessageFields()
        var repeated: StaticString?
        while let field = reader.next() {
            let messageField = MessageFields(number: field.number)
            guard !messageField.isDisjoint(with: .all) else { continue }
            guard isWellFormed(field.bytes) else { return .malformed }
            if !seen.isDisjoint(with: messageField) {
                repeated = repeated ?? messageField.singularName
            }
            seen.formUnion(messageField)
        }
        guard reader.isAtEnd else { return .malformed }
        return repeated.map { .repeated($0) }
    }

    /// Of a message that has no messages in it, as all those in an event.
    private static func isWellFormed(_ message: UnsafeRawBufferPointer) -> Bool {
        var reader = WireReader(message)
        while reader.next() != nil {}
        return reader.isAtEnd
    }
}

/// The fields of an event that are messages, one bit for each number.
private struct MessageFields: OptionSet {
    let rawValue: UInt32

    /// Empty for a number that has no bit.
    init(number: UInt32) { rawValue = number < 32 ? 1 << number : 0 }

    init(rawValue: UInt32) { self.rawValue = rawValue }

    static let all: MessageFields = [
        MessageFields(number: EventField.occurredAt), MessageFields(number: EventField.target),
        MessageFields(number: EventField.scope), MessageFields(number: EventField.actor),
        MessageFields(number: EventField.onBehalfOf), MessageFields(number: EventField.context),
        MessageFields(number: EventField.metadata), MessageFields(number: EventField.recordedAt),
        MessageFields(number: EventField.recorder),
    ]

    /// Of one field; nil when it may be there many times.
    var singularName: StaticString? {
        switch self {
        case MessageFields(number: EventField.occurredAt): "occurred_at"
        case MessageFields(number: EventField.target): "target"
        case MessageFields(number: EventField.actor): "actor"
        case MessageFields(number: EventField.context): "context"
        case MessageFields(number: EventField.recordedAt): "recorded_at"
        case MessageFields(number: EventField.recorder): "recorder"
        default: nil
        }
    }
}
