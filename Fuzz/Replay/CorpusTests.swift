import Foundation
import Testing

/// What was fuzzed once stays harmless: every kept input, through the functions that `make fuzz`
/// drives.
@Suite("The fuzz targets")
struct CorpusTests {
    @Test("keep their promises for every input of the corpus", arguments: FuzzTarget.all)
    func replay(target: FuzzTarget) throws {
        let inputs = try FileManager.default.contentsOfDirectory(
            at: Self.corpus.appending(component: target.name), includingPropertiesForKeys: nil)
        #expect(!inputs.isEmpty)
        for input in inputs.sorted(by: { $0.path < $1.path }) {
            // Before, because a trap leaves no time to say it afterwards.
            let bytes = [UInt8](try Data(contentsOf: input))
            do {
                try bytes.withUnsafeBytes { try target.run($0) }
            } catch {
                Issue.record("\(target.name)/\(input.lastPathComponent): \(error)")
            }
        }
    }

    @Test("bear every short input", arguments: FuzzTarget.all)
    func short(target: FuzzTarget) throws {
        for first in UInt8.min ... .max {
            for bytes in [[first], [first, 0], [0, first], [first, first, first]] {
                try bytes.withUnsafeBytes { try target.run($0) }
            }
        }
        try target.run(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    @Test("have a folder each, and no folder is without one")
    func folders() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
    }

    private static let corpus = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(component: "Corpus")
}

extension FuzzTarget: CustomTestStringConvertible {
    var testDescription: String { name }
}
