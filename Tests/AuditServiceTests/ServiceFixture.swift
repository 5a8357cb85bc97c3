import AuditModel
import Codec
import EventStore
import Foundation
import TestSupport

@testable import AuditService

/// A store in a folder of its own, and the parts of the service that need nothing else.
final class ServiceFixture {
    private let folder: URL
    private var configuration: StoreConfiguration
    private let fileSystem: any FileSystem
    private(set) var store: EventStore
    private(set) var sequences: SequenceBook
    private let ids = EventIDSource()

    /// - Parameter disk: nil for the real one.
    init(
        retention: Duration? = nil, logBytesMax: Int = 64 << 20, on disk: SimulatedDisk? = nil,
        terms: TermExtractor = EventTerms.extractor
    ) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "auditrpc-\(UUID().uuidString)")
        configuration = StoreConfiguration(
            directory: disk == nil ? folder.path : "data", terms: terms,
            logBytesMax: logBytesMax, retention: RetentionRules(standard: retention))
        fileSystem = disk ?? PosixFileSystem()
        store = try EventStore.open(configuration, fileSystem: fileSystem).store
        sequences = try Self.sequences(of: store, configuration, fileSystem)
    }

    private static func sequences(
        of store: EventStore, _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws -> SequenceBook {
        try SequenceBook(
            store: store,
            file: SequenceFile(in: configuration.directory, fileSystem: fileSystem))
    }

    deinit {
        store.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What a restart of the server does.
    ///
    /// - Parameter terms: those of another version of it; nil for the same.
    func reopen(terms: TermExtractor? = nil) throws {
        configuration.terms = terms ?? configuration.terms
        store.close()
        store = try EventStore.open(configuration, fileSystem: fileSystem).store
        sequences = try Self.sequences(of: store, configuration, fileSystem)
    }

    /// A request as the endpoint prepares it.
    func prepare(_ events: [Event], partialSuccess: Bool = false) throws -> PreparedRequest {
        let request = RecordRequest(events: events, partialSuccess: partialSuccess)
        return try request.encoded().withUnsafeBytes { bytes in
            try RecordDecoder.decode(bytes, now: .now) { ids.next(at: .now) }
        }
    }

    /// Stores requests in one group commit; the jobs' tickets are their positions.
    func commit(
        _ requests: [PreparedRequest], now: Timestamp? = nil
    ) -> (jobs: [RecordJob<Int>], batch: EventBatch?) {
        var committer = Committer<Int>(store: store, sequences: sequences, now: { now ?? .now })
        let jobs = requests.enumerated().map { RecordJob($1, ticket: $0) }
        return (jobs, committer.commit(jobs))
    }

    /// Stores events, each in a group commit of `batchEvents`.
    func record(_ events: [Event], batchEvents: Int = 1, now: Timestamp? = nil) throws {
        var rest = events[...]
        while !rest.isEmpty {
            _ = commit([try prepare(Array(rest.prefix(batchEvents)))], now: now)
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
