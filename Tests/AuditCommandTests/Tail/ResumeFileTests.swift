import AuditModel
import Foundation
import Testing

@testable import AuditCommand

/// In a folder of its own, removed afterwards.
final class ResumeFileTests {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("resume-\(UUID().uuidString)").path
    let file: ResumeFile

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        file = try ResumeFile(path: folder + "/position")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func noFileIsNoPosition() throws {
        #expect(try file.load() == nil)
    }

    @Test func theLastPositionIsReadBack() throws {
        for value in [7, 8, UInt64.max] {
            try file.save(AuditModel.Sequence(value))
            #expect(try file.load() == AuditModel.Sequence(value))
        }
        // Nothing but the lock is left beside it.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == ["position", "position.lock"])
    }

    @Test(
        "a position is one of its organization",
        arguments: ["", "acme", "two words", String(repeating: "é", count: 64)])
    func organizations(organizationID: String) throws {
        do {
            let own = try ResumeFile(path: folder + "/own", organizationID: organizationID)
            try own.save(AuditModel.Sequence(.max))
            #expect(try own.load() == AuditModel.Sequence(.max))
        }
        for other in ["", "acme", "beta"] where other != organizationID {
            let file = try ResumeFile(path: folder + "/own", organizationID: other)
            let error = #expect(throws: CommandError.self) { try file.load() }
            #expect(error?.message.contains("another organization") == true)
        }
    }

    @Test(arguments: ["", "\n", "seven\n", "7", "-7\n", "18446744073709551616\n", "7\n8\n"])
    func aFileOfSomethingElseIsRefusedAndKept(text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.path))
        let error = #expect(throws: CommandError.self) { try file.load() }
        #expect(error?.status == .refused)
        #expect(error?.message.contains(file.path) == true)
        #expect(FileManager.default.contents(atPath: file.path) == Data(text.utf8))
    }

    @Test func aFolderThatIsNotThereIsNamed() {
        let error = #expect(throws: CommandError.self) {
            try ResumeFile(path: folder + "/missing/position")
        }
        #expect(error?.message.contains("No such file or directory") == true)
    }

    @Test func oneFeedHasItAtATime() throws {
        let error = #expect(throws: CommandError.self) { try ResumeFile(path: file.path) }
        #expect(error?.status == .refused)
        #expect(error?.message.contains("another tail uses") == true)
        // It is the next one's when this one is gone.
        let other = folder + "/other"
        for value in [1, 2] as [UInt64] {
            try ResumeFile(path: other).save(AuditModel.Sequence(value))
        }
    }
}
