import AuditModel
import EventStore
import Synchronization
import TestSupport
import Testing

@testable import AuditService

@Suite("Snapshots of a running server")
struct SnapshotOfficeTests {
    private func open(
        _ data: String
    ) throws -> (store: EventStore, office: SnapshotOffice) {
        let store = try EventStore.open(
            StoreConfiguration(directory: data, terms: EventTerms.extractor)
        ).store
        var generator = SeededGenerator(seed: 5)
        try store.store(
            StoreOracle.Stored.random(count: 40, using: &generator), now: .now)
        return (
            store,
            SnapshotOffice(store: store, dataDirectory: data, limits: ServiceLimits())
        )
    }

    @Test("are made where they are asked for, and nowhere in the data folder")
    func folders() async throws {
        let folder = try TemporaryDirectory()
        let (store, office) = try open(folder.path + "/data")
        let report = try await office.create(folder.path + "/backup", time: nil)
        #expect(report.events == 40 && report.head == store.bounds.head)
        for inside in ["/data", "/data/", "/data/backup", "/backup/../data/log", "/data/log/.."] {
            let error = await #expect(throws: ServiceError.self) {
                try await office.create(folder.path + inside, time: nil)
            }
            #expect(error?.code == .invalid && error?.violations.count == 1, "\(inside)")
        }
        let error = await #expect(throws: ServiceError.self) {
            try await office.create(folder.path + "/backup", time: nil)
        }
        #expect(error?.code == .precondition)
        office.stop()
        store.close()
    }

    @Test("whose caller has no time left leave nothing behind")
    func late() async throws {
        let folder = try TemporaryDirectory()
        let (store, office) = try open(folder.path + "/data")
        let error = await #expect(throws: ServiceError.self) {
            try await office.create(folder.path + "/backup", time: .zero)
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(try PosixFileSystem().list(folder.path) == ["data"])
        office.stop()
        let ended = await #expect(throws: ServiceError.self) {
            try await office.create(folder.path + "/backup", time: nil)
        }
        #expect(ended?.code == .unavailable)
        store.close()
    }
}
