import AuditModel
import Codec
import Subscribe

/// An encoded `SubscribeResponse` in the form in which its calls are sent it: made once, for all of
/// them.
protocol FeedMessage: AnyObject, Sendable {
    /// What it keeps in memory by now: its calls may have had it made into further forms.
    var residentBytes: Int { get }
}

/// Makes the form that is sent of encoded bytes.
typealias FeedSeal = @Sendable ([UInt8]) -> any FeedMessage

/// What one look at the ring or the disk found for the subscriptions of a group: one message at the
/// most, which all of them are sent.
struct FeedPortion: Sendable {
    /// Nil when nothing matched.
    var message: (any FeedMessage)?
    /// Events in the message, and the bytes of their payloads.
    var events = 0
    var bytes = 0
    /// Everything from behind the position of the look up to it was looked at.
    var through: Sequence
    /// What the reader sees as the sequence of the last event in the message.
    var lastSequence: Sequence?
    /// Everything of the reader's through this sequence, as he sees it, lies at `through` or before it; nil where
    /// that is not known, beyond the last event in the message.
    var sequence: Sequence?
    /// The look ended for want of room or work; otherwise because there was nothing more.
    var isFull = false

    /// What keeping it costs, its place in a table included.
    var residentBytes: Int { 256 + (message?.residentBytes ?? 0) }
}

/// What reading the disk gave.
enum FeedReading: Sendable {
    /// One behind the other, from the position on.
    case portions([FeedPortion])
    /// The events from the position through this one are damaged.
    case damage(through: Sequence, ServiceError)
    /// Those of the organization from the position through this one were removed by retention, before
    /// longer rules came to cover them.
    case removed(through: Sequence)
    case failure(ServiceError)
}

/// Gathers matching events into portions, each event once and as it was stored.
struct PortionWriter {
    private let messageBytesMax: Int
    private let seal: FeedSeal
    /// Events are given their places as sequences.
    private let isOfAll: Bool
    private var writer = EventsMessageWriter()
    private var portion: FeedPortion

    /// - Parameters:
    ///   - position: what was looked at before.
    ///   - organization: nil for who reads all.
    init(
        after position: Sequence, of organization: [UInt8]?, messageBytesMax: Int,
        seal: @escaping FeedSeal
    ) {
        self.messageBytesMax = messageBytesMax
        self.seal = seal
        isOfAll = organization == nil
        portion = FeedPortion(through: position)
    }

    /// Everything up to it was looked at.
    var through: Sequence { portion.through }

    /// Whether an event of so many bytes fits into the message. One always does.
    func hasRoom(for payloadBytes: Int) -> Bool {
        portion.events == 0 || writer.bytesMax(appending: payloadBytes) <= messageBytesMax
    }

    mutating func append(_ event: EventView) {
        writer.append(event.payload, sequence: isOfAll ? event.sequence : nil)
        portion.events += 1
        portion.bytes += event.payload.count
        if isOfAll { portion.lastSequence = event.sequence }
        portion.through = event.sequence
    }

    /// Everything through `sequence` was looked at.
    mutating func pass(_ sequence: Sequence) {
        portion.through = max(portion.through, sequence)
    }

    /// The portion, and an empty one behind it.
    mutating func take(isFull: Bool) -> FeedPortion {
        var taken = portion
        taken.isFull = isFull
        if taken.events > 0 {
            taken.lastSequence = taken.lastSequence ?? writer.lastSequence
            let full = writer
            writer = EventsMessageWriter()
            taken.message = seal(full.finish())
        }
        taken.sequence = isOfAll ? taken.through : taken.lastSequence
        portion = FeedPortion(through: taken.through)
        return taken
    }
}
