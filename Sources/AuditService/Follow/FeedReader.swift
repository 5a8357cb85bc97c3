import AuditModel
import Codec
import EventStore
import Subscribe

/// What one look at the disk gave.
enum FeedReading: Sendable {
    case portion(FeedPortion)
    /// The events from the position through this one are damaged.
    case damage(through: Sequence, ServiceError)
    case failure(ServiceError)
}

/// What one look at the ring or the disk found for a subscription.
struct FeedPortion: Sendable {
    /// Encoded `SubscribeResponse` messages, in order.
    var messages: [[UInt8]] = []
    /// Everything up to it was looked at.
    var through: Sequence
    /// The last event in `messages`.
    var lastSent: Sequence?
}

/// Gathers the matching events of batches into messages.
struct FeedPacker {
    private let filter: CompiledFilter
    private let visibility: Visibility
    private let messageBytesMax: Int
    private var writer = EventsMessageWriter()
    private var written = 0
    private(set) var portion: FeedPortion
    /// Bytes gathered so far.
    private(set) var bytes = 0
    /// Events looked at, and their bytes.
    private(set) var looked = 0
    private(set) var lookedBytes = 0

    init(
        filter: CompiledFilter, visibility: Visibility, after position: Sequence,
        messageBytesMax: Int
    ) {
        self.filter = filter
        self.visibility = visibility
        self.messageBytesMax = messageBytesMax
        portion = FeedPortion(through: position)
    }

    /// Looks at the events of a batch behind the position, until `bytesMax` are gathered. False
    /// when something stopped it: that, or a batch that does not continue the position.
    mutating func add(_ batch: EventBatch, bytesMax: Int) -> Bool {
        let first = portion.through.next
        // Retention took what lies between: the machine says so before anything behind it is sent.
        guard batch.firstSequence <= first, visibility.floor(of: filter.organization) <= first
        else { return false }
        for index in Int(first.rawValue - batch.firstSequence.rawValue)..<batch.count {
            guard bytes < bytesMax else { return false }
            looked += 1
            batch.withEvent(at: index) { event in
                portion.through = event.sequence
                lookedBytes += event.payload.count
                if filter.matches(event), visibility.shows(event) { append(event) }
            }
        }
        return true
    }

    /// Passes sequences before `next` whose events are gone from the disk. False, and nothing, when
    /// some of them may have been the organization's: the machine says so first.
    ///
    /// - Parameter visibility: as of now, after they were found to be gone.
    mutating func skip(to next: Sequence, _ visibility: Visibility) -> Bool {
        guard next > portion.through.next else { return true }
        guard visibility.floor(of: filter.organization) <= portion.through.next else {
            return false
        }
        portion.through = next.previous
        return true
    }

    private mutating func append(_ event: EventView) {
        if written > 0, writer.bytesMax(appending: event.payload.count) > messageBytesMax {
            flush()
        }
        writer.append(event.payload)
        written += 1
        bytes += event.payload.count
        portion.lastSent = event.sequence
    }

    private mutating func flush() {
        guard written > 0 else { return }
        let full = writer
        writer = EventsMessageWriter()
        written = 0
        portion.messages.append(full.finish())
    }

    /// What was gathered.
    consuming func finish() -> FeedPortion {
        flush()
        return portion
    }
}

/// Reads the disk for a subscription that is behind the ring.
struct FeedReader: Sendable {
    let store: EventStore
    let limits: ServiceLimits

    /// One portion from behind `position` on.
    func read(_ filter: CompiledFilter, after position: Sequence) -> FeedReading {
        store.hideExpired(now: .now, uptime: .sinceStart)
        var packer = FeedPacker(
            filter: filter, visibility: store.visibility, after: position,
            messageBytesMax: limits.feedMessageBytesMax)
        var cursor = store.cursor(from: position.next, .forward)
        // The cursor passes over it; the machine says it first.
        let skipped = store.skipped(atOrAfter: position.next)
        while packer.looked < limits.feedDiskScanEventsMax {
            let batch: EventBatch?
            do throws(StoreError) {
                batch = try cursor.next()
            } catch {
                // What was found before the damage is sent first; the next look begins with it.
                if packer.looked > 0 { break }
                guard let damage = error.damage else { return .failure(ServiceError(error)) }
                return .damage(through: damage.sequences.last, ServiceError(error))
            }
            // Of organizations that keep their events for a shorter time nothing may be left.
            var reached = batch?.firstSequence ?? cursor.position
            if let skipped { reached = min(reached, skipped.first) }
            guard packer.skip(to: reached, store.visibility), let batch,
                packer.add(batch, bytesMax: limits.feedReadBytesMax)
            else { break }
        }
        return .portion(packer.finish())
    }
}
