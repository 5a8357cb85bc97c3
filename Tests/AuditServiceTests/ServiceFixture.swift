import AuditModel
import Codec
import EventStore
import Foundation
import TestSupport

@testable import AuditService

/// A real store in a folder of its own, and the parts of the service that need nothing else.
final class ServiceFixture {
    let folder: URL
    private(set) var store: EventStore
    private let ids = EventIDSource(seed: 1)

    init(retention: Duration? = nil, logBytesMax: Int = 64 << 20) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "auditrpc-\(UUID().uuidString)")
        store = try EventStore.open(
            StoreConfiguration(
                directory: folder.path, logBytesMax: logBytesMax,
                retention: RetentionRules(standard: retention))
        ).store
    }

    deinit {
        store.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A request as the endpoint prepares it.
    func prepare(_ events: [Event], partialSuccess: Bool = false) throws -> PreparedRequest {
        let request = RecordRequest(events: events, partialSuccess: partialSuccess)
        return try request.encoded().withUnsafeBytes { bytes in
            try RecordDecoder.decode(bytes, now: .now) { ids.next(at: .now) }
        }
    }

    /// Stores requests in one group commit; the jobs' tickets are their positions.
    func commit(_ requests: [PreparedRequest]) -> (jobs: [RecordJob<Int>], batch: EventBatch?) {
        var committer = Committer<Int>(store: store, now: { .now })
        let jobs = requests.enumerated().map { RecordJob($1, ticket: $0) }
        return (jobs, committer.commit(jobs))
    }

    /// Stores events, each in a group commit of `batchEvents`.
    func record(_ events: [Event], batchEvents: Int = 1) throws {
        var rest = events[...]
        while !rest.isEmpty {
            _ = commit([try prepare(Array(rest.prefix(batchEvents)))])
            rest = rest.dropFirst(batchEvents)
        }
    }

    /// A read without a deadline.
    var control: ReadControl { ReadControl(end: .now.advanced(by: .seconds(3600))) }
}

extension Event {
    /// With an id that tests can name: the same number gives the same id.
    func identified(_ number: UInt64) -> Event {
        var event = self
        event.id = EventID(high: 0x7000, low: 0x8000_0000_0000_0000 | number).description
        return event
    }
}
