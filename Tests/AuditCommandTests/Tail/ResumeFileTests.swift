import AuditModel
import Foundation
import Testing

@testable import AuditCommand

/// In a folder of its own, removed afterwards.
final class ResumeFileTests {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("resume-\(UUID().uuidString)").path
    var file: ResumeFile { ResumeFile(path: folder + "/position") }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
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
        // Nothing is left beside it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["position"])
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
        let missing = ResumeFile(path: folder + "/missing/position")
        let error = #expect(throws: CommandError.self) {
            try missing.save(AuditModel.Sequence(1))
        }
        #expect(error?.message.contains("No such file or directory") == true)
    }
}
