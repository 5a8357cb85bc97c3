import AuditModel
import Synchronization
import TestSupport
import Testing

@testable import AuditCommand

struct PositionKeeperTests {
    let folder: TemporaryDirectory
    let file: ResumeFile

    init() throws {
        folder = try TemporaryDirectory()
        file = try ResumeFile(path: folder.path + "/position")
    }

    @Test func manyMessagesAreFewSavesAndTheLastIsKept() async throws {
        let syncs = Mutex(0)
        let saved = SavedPositions(file)
        let keeper = PositionKeeper(file: file, pause: .seconds(3_600)) {
            syncs.withLock { $0 += 1 }
            saved.note()
        }
        for value in 1...1_000 as ClosedRange<UInt64> {
            try await keeper.printed(upTo: AuditModel.Sequence(value))
        }
        #expect(syncs.withLock { $0 } == 1)
        #expect(try file.load() == AuditModel.Sequence(1))
        try await keeper.finish()
        #expect(syncs.withLock { $0 } == 2)
        #expect(try file.load() == AuditModel.Sequence(1_000))
        // What was printed was synced while the file still held the position before.
        #expect(saved.positions == [nil, AuditModel.Sequence(1)])
        // Nothing is left to save.
        try await keeper.finish()
        #expect(syncs.withLock { $0 } == 2)
    }

    @Test func whatWasNotSyncedIsNotSaved() async throws {
        let keeper = PositionKeeper(file: file) { throw CommandError(.failure, "the disk is full") }
        await #expect(throws: CommandError.self) {
            try await keeper.printed(upTo: AuditModel.Sequence(1))
        }
        #expect(try file.load() == nil)
    }

    @Test func thePauseEndsByASave() async throws {
        let (synced, syncing) = AsyncStream.makeStream(of: Void.self)
        let keeper = PositionKeeper(file: file, pause: .milliseconds(1)) { syncing.yield() }
        var reader = synced.makeAsyncIterator()
        try await keeper.printed(upTo: AuditModel.Sequence(1))
        try await keeper.printed(upTo: AuditModel.Sequence(2))
        // Nobody calls again: the second save is the pause's.
        await reader.next()
        await reader.next()
        try await keeper.finish()
        #expect(try file.load() == AuditModel.Sequence(2))
    }

    /// What the file held at each sync of the output.
    final class SavedPositions: Sendable {
        private let file: ResumeFile
        private let held = Mutex<[AuditModel.Sequence?]>([])

        init(_ file: ResumeFile) { self.file = file }

        var positions: [AuditModel.Sequence?] { held.withLock { $0 } }

        func note() {
            let position = try? file.load()
            held.withLock { $0.append(position) }
        }
    }
}
