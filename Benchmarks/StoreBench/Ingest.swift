import AuditModel
import AuditService
import Codec
import EventStore
import Glibc

/// Stores the events of a file as the server's committer does: a frame and a sync for each batch, with the
/// indexing and the sealing threads beside it. Ends when everything is sealed.
struct Ingest {
    let folder: String
    let batchEvents: Int
    /// Events after which a log is full.
    var logEventsMax = 250_000

    func run(_ path: String) throws {
        // With an age of zero a sweep ends the last log, so that it can be sealed too.
        let (store, _) = try EventStore.open(
            StoreConfiguration(
                directory: folder, terms: EventTerms.extractor, logEventsMax: logEventsMax,
                logAgeMax: .zero))
        var file = EventsFile(path)
        let indexer = Indexer(store: store)
        let sealer = SealingThread(store)
        var events = 0
        var eventBytes = 0
        let processor = processorSeconds()
        let start = ContinuousClock.now
        var stored = start
        while let first = file.next() {
            var batch = store.makeBatch(
                now: first.recordedAt, events: batchEvents, bytes: batchEvents * 800)
            append(first, to: &batch, &eventBytes)
            while batch.count < batchEvents, let next = file.next() {
                append(next, to: &batch, &eventBytes)
            }
            let count = batch.count
            _ = try store.append(batch)
            indexer.recorded(count)
            if store.hasSealable { sealer.wake() }
            events += count
        }
        stored = .now
        _ = try store.expire(
            now: SampleEvents.start.advanced(by: SampleEvents.span * 2), uptime: .zero)
        sealer.finish()
        let end = ContinuousClock.now
        indexer.stop()
        say("events", Double(events))
        say("event-bytes", Double(eventBytes))
        say("stored-seconds", (stored - start).inSeconds)
        say("sealed-seconds", (end - start).inSeconds)
        say("processor-seconds", processorSeconds() - processor)
        say("disk-bytes", Double(store.bounds.bytes))
        say("resident-bytes", residentBytes())
        store.close()
    }

    private func append(
        _ event: EventRecordView, to batch: inout AppendBatch, _ bytes: inout Int
    ) {
        bytes += event.event.count
        let (sequence, recordedAt) = (batch.nextSequence, batch.recordedAt)
        batch.append(
            organization: event.organization, id: event.id, occurredAt: event.occurredAt,
            payload: event.event, suffixBytesMax: ServerFields.bytesMax
        ) { suffix in
            ServerFields.write(
                sequence: sequence, recordedAt: recordedAt, occurredAt: event.occurredAt,
                to: suffix)
        }
    }
}

/// Seals logs until it is told that no more will come.
private final class SealingThread: Sendable {
    private struct State {
        var isDue = false
        var isLast = false
    }

    private let mailbox: Mailbox<State>
    private let thread: BackgroundThread

    init(_ store: EventStore) {
        let mailbox = Mailbox(State())
        self.mailbox = mailbox
        thread = BackgroundThread("sealing") {
            while true {
                let isLast = mailbox.wait { state -> Bool? in
                    guard state.isDue || state.isLast else { return nil }
                    state.isDue = false
                    return state.isLast
                }
                do {
                    while try store.seal() != nil {}
                } catch {
                    fail("a log cannot be sealed: \(error)")
                }
                if isLast { return }
            }
        }
    }

    func wake() { mailbox.update { $0.isDue = true } }

    /// Waits until all is sealed.
    func finish() {
        mailbox.update { $0.isLast = true }
        thread.join()
    }
}
