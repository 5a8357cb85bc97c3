import AuditModel
import Codec
import EventStore

/// Makes one portion of batches of the ring, within the limits of a look.
struct RingPacker {
    private let filter: CompiledFilter
    /// Nil for all.
    private let organization: OrganizationKey?
    private let visibility: Visibility
    private let eventsMax: Int
    private let bytesMax: Int
    /// Where to end at the latest.
    private let last: Sequence
    private var writer: PortionWriter
    private var looked = 0
    private var lookedBytes = 0
    private var isFull = false
    private var isStopped = false

    init(
        _ filter: CompiledFilter, _ visibility: Visibility, _ limits: ServiceLimits,
        _ seal: @escaping FeedSeal, after position: Sequence, through last: Sequence?
    ) {
        self.filter = filter
        organization = filter.organization.map { $0.withUnsafeBytes { OrganizationKey($0) } }
        self.visibility = visibility
        eventsMax = limits.feedScanEventsMax
        bytesMax = limits.feedScanBytesMax
        self.last = last ?? Sequence(.max)
        writer = PortionWriter(
            after: position, of: filter.organization,
            messageBytesMax: limits.feedMessageBytesMax, seal: seal)
    }

    var through: Sequence { writer.through }

    var goesOn: Bool {
        !isFull && !isStopped && through < last && looked < eventsMax && lookedBytes < bytesMax
    }

    /// Whether any batch was looked at, be it in vain.
    private(set) var hasLooked = false

    /// Looks at the events of a batch behind the position.
    mutating func add(_ batch: EventBatch) {
        let first = through.next
        hasLooked = true
        // Retention took what lies between: the machine says so before anything behind it is sent.
        guard batch.firstSequence <= first, visibility.floor(of: filter.organization) <= first
        else {
            isStopped = true
            return
        }
        let start = Int(first.rawValue - batch.firstSequence.rawValue)
        guard let organization else { return add(start..<batch.count, of: batch) }
        // What others recorded is passed by without a look; that a batch was asked for it counts as one.
        looked += 1
        batch.organizations.visit(organization) { run in
            let next = max(run.lowerBound, start)
            guard next < run.upperBound else { return true }
            pass(before: batch.firstSequence + next)
            add(next..<run.upperBound, of: batch)
            return goesOn
        }
        if goesOn { pass(before: batch.lastSequence.next) }
    }

    /// Nothing before that sequence is the organization's.
    private mutating func pass(before sequence: Sequence) {
        writer.pass(min(sequence.previous, last))
    }

    private mutating func add(_ events: Range<Int>, of batch: EventBatch) {
        for index in events {
            guard goesOn else { return }
            batch.withEvent(at: index) { add($0) }
        }
    }

    private mutating func add(_ event: EventView) {
        guard filter.matches(event), visibility.shows(event) else {
            look(at: event)
            return writer.pass(event.sequence)
        }
        guard writer.hasRoom(for: event.payload.count) else {
            isFull = true
            return
        }
        look(at: event)
        writer.append(event)
    }

    private mutating func look(at event: EventView) {
        looked += 1
        lookedBytes += event.payload.count
    }

    consuming func finish() -> FeedPortion {
        let hasWorked = looked >= eventsMax || lookedBytes >= bytesMax || writer.through >= last
        return writer.take(isFull: isFull || hasWorked)
    }
}
