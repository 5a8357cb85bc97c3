import TestSupport
import Testing

@testable import EventStore

@Suite("Text with its hexadecimal digits apart")
struct HexTextTests {
    /// Text with marks, and what lies apart from it.
    private struct Packed: Equatable {
        var text: [UInt8] = []
        var apart: [UInt8] = []

        init(_ text: [UInt8], _ apart: [UInt8]) {
            (self.text, self.apart) = (text, apart)
        }

        init(packing text: [UInt8], keeping kept: String = "") {
            var runs = HexRunSet()
            Array(kept.utf8).withUnsafeBytes { runs.insert(runsOf: $0) }
            var packer = HexPacker(keeping: runs)
            var output = FlatArray<UInt8>()
            var apart = FlatArray<UInt8>()
            text.withUnsafeBytes { packer.pack($0, to: &output, apart: &apart) }
            (self.text, self.apart) = (Array(output.bytes), Array(apart.bytes))
        }

        /// Nil unless that fills so many bytes.
        func restored(_ count: Int) -> [UInt8]? {
            var output = [UInt8](repeating: 0, count: count)
            let isWhole = output.withUnsafeMutableBytes { output in
                text.withUnsafeBytes { text in
                    apart.withUnsafeBytes { HexText.restore(text, apart: $0, to: output) }
                }
            }
            return isWhole ? output : nil
        }
    }

    @Test(
        "digits and UUIDs lie apart; what is short, odd or in upper case stays",
        arguments: [
            ("id 01234567.", "id \u{FE}\u{4}.", [0x01, 0x23, 0x45, 0x67]),
            ("0123456", "0123456", []),
            ("f01234567", "f\u{FE}\u{4}", [0x01, 0x23, 0x45, 0x67]),
            ("0123ABCD", "0123ABCD", []),
            (
                "x00112233-4455-6677-8899-aabbccddeeff!", "x\u{FD}!",
                [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]
            ),
            // A UUID that is one digit short.
            (
                "00112233-4455-6677-8899-aabbccddeef", "\u{FE}\u{4}-4455-6677-8899-a\u{FE}\u{5}",
                [0x00, 0x11, 0x22, 0x33, 0xAB, 0xBC, 0xCD, 0xDE, 0xEF]
            ),
        ] as [(String, String, [UInt8])])
    func forms(text: String, marked: String, apart: [UInt8]) {
        // The scalars of a text stand for its bytes.
        let expected = Packed(marked.unicodeScalars.map { UInt8($0.value) }, apart)
        let bytes = Array(text.utf8)
        #expect(Packed(packing: bytes) == expected)
        #expect(expected.restored(bytes.count) == bytes)
    }

    @Test("a run that the dictionary has, or that is there twice, stays")
    func kept() {
        let text = Array("a 0011223344 b 5566778899 c 5566778899 d aabbccddee".utf8)
        let packed = Packed(packing: text, keeping: "known: 0011223344")
        #expect(packed.apart == [0xAA, 0xBB, 0xCC, 0xDD, 0xEE])
        #expect(packed.restored(text.count) == text)
    }

    @Test("more digits than one length can say are several runs")
    func long() {
        var generator = SeededGenerator(seed: 20)
        for count in [509, 510, 511, 517, 518, 1021, 5000] {
            let text = (0..<count).map { _ in HexRun.digit(of: UInt8(generator.next() % 16)) }
            let packed = Packed(packing: text)
            #expect(packed.text.count + packed.apart.count < count * 6 / 10)
            #expect(packed.restored(count) == text)
        }
    }

    @Test("any bytes come back, of any length")
    func anyBytes() {
        var generator = SeededGenerator(seed: 21)
        let pieces: [[UInt8]] = [
            Array("0123456789abcdef0123456789abcdef".utf8), Array("-".utf8), [0xFD], [0xFE], [0xFF],
            Array("0199c82c-bfbc-7575-8917-18de357e3da8".utf8), Array("text".utf8), [0], [0x80],
        ]
        for _ in 0..<2000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                var piece = pieces.randomElement(using: &generator)!
                piece.removeLast(Int.random(in: 0..<piece.count, using: &generator))
                if generator.next() % 8 == 0 { piece = generator.bytes(piece.count) }
                text += piece
            }
            let packed = Packed(packing: text)
            #expect(packed.restored(text.count) == text)
            #expect(packed.restored(text.count + 1) == nil)
            if !text.isEmpty { #expect(packed.restored(text.count - 1) == nil) }
        }
    }

    @Test("bytes that no packer writes are refused or read, and never read past their end")
    func hostile() {
        for (text, apart) in [
            ([0xFD], [1]), ([0xFE], []), ([0xFE, 2], [1]), ([0xFF], []), ([0x41], [1]),
        ] as [([UInt8], [UInt8])] {
            for count in 0...40 { #expect(Packed(text, apart).restored(count) == nil) }
        }
        // Shorter than a writer makes them, and still what they say.
        #expect(Packed([0xFE, 1, 0xFF, 0x41], [0x0F]).restored(3) == Array("0fA".utf8))
    }
}
