import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

@Suite("The files of a data folder")
struct StoreFilesTests {
    private func policies(_ directory: String) throws -> StoreFiles.File? {
        var found: StoreFiles.File?
        try StoreFiles.look(in: directory, readsEverything: true) { file in
            if case .policies = file.kind { found = file } else { #expect(file.problems.isEmpty) }
        }
        return found
    }

    @Test("policies are read as a start would, and what is wrong with them is said")
    func policyFile() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        let store = try EventStore.open(
            StoreConfiguration(directory: data, terms: EventTerms.extractor)
        ).store
        #expect(try policies(data) == nil)
        let office = try RetentionOffice(
            store: store, sequences: SequenceBook(store: store), dataDirectory: data,
            configured: nil)
        _ = try office.set(
            SetRetentionRequest(
                organizationID: "acme", change: .policy(RetentionPolicy(plan: .team))))
        let whole = try #require(try policies(data))
        #expect(whole.kind == .policies(organizations: 1))
        #expect(whole.bytes > 0 && whole.problems.isEmpty)
        try PosixFileSystem().replace(data + "/policies.json", with: Array("{".utf8))
        let damaged = try #require(try policies(data))
        #expect(damaged.problems.count == 1)
        #expect(damaged.problems.first?.contains("policies.json is damaged") ?? false)
        store.close()
    }
}
