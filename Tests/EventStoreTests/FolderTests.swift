import AuditModel
import EventStore
import Foundation
import TestSupport
import Testing

@Suite("The data folder")
struct FolderTests {
    @Test("is made for its owner alone, with its parents, and opened again")
    func made() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a/b"
        var generator = SeededGenerator(seed: 51)
        var oracle = StoreOracle()
        do {
            let (store, _) = try EventStore.open(.test(directory: path))
            try fill(store, &oracle, frames: 100, using: &generator)
            #expect(try oracle.difference(to: store) == nil)
            store.close()
        }
        #expect(try mode(path) == 0o700)
        #expect(try mode(path + "/log") == 0o700)
        #expect(try mode(path + "/log/00000000000000000001.log") == 0o600)
        #expect(try mode(path + "/LOCK") == 0o600)
        let (again, report) = try EventStore.open(.test(directory: path))
        #expect(report.events == oracle.events.count)
        #expect(try oracle.difference(to: again) == nil)
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("has one owner: the second is told the folder and the process")
    func lock() throws {
        let directory = try TemporaryDirectory()
        let (store, _) = try EventStore.open(.test(directory: directory.path))
        let error = #expect(throws: StoreError.self) {
            try EventStore.open(.test(directory: directory.path))
        }
        #expect(error?.code == .locked)
        #expect(error?.message.contains(directory.path) ?? false)
        #expect(
            error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") ?? false
        )
        store.close()
        _ = try EventStore.open(.test(directory: directory.path))
    }

    @Test("that cannot be made or is a file is named")
    func unusable() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file"
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        for path in [file, file + "/inside"] {
            let error = #expect(throws: StoreError.self) {
                try EventStore.open(.test(directory: path))
            }
            #expect(error?.code == .inputOutput)
            #expect(error?.description.contains(file) ?? false)
        }
    }

    @Test("limits of the configuration are checked")
    func configuration() throws {
        for logBytesMax in [0, 4095, 1 << 31] {
            let error = #expect(throws: StoreError.self) {
                try EventStore.test(on: SimulatedDisk(), logBytesMax: logBytesMax)
            }
            #expect(error?.code == .invalidConfiguration)
        }
        let error = #expect(throws: StoreError.self) {
            try EventStore.test(on: SimulatedDisk(), retention: .zero)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
