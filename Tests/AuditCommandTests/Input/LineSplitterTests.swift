import Testing

@testable import AuditCommand

struct LineSplitterTests {
    func lines(_ text: String, chunk: Int, bytesMax: Int = 100) -> [LineSplitter.Line] {
        var splitter = LineSplitter(bytesMax: bytesMax)
        let bytes = Array(text.utf8)
        var lines: [LineSplitter.Line] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            lines += splitter.append(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    @Test(arguments: 1...9)
    func linesAreTheSameWhateverTheChunksAre(chunk: Int) {
        let lines = lines("one\r\n\ntwo\nthree", chunk: chunk)
        #expect(lines.map(\.number) == [1, 2, 3, 4])
        let texts = lines.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(texts == ["one", "", "two", "three"])
    }

    @Test(arguments: [1, 3, 50])
    func aLineThatIsTooLongIsPassedOverAndTheNextIsRead(chunk: Int) {
        let text = "ok\n" + String(repeating: "x", count: 11) + "\n0123456789\n"
        let lines = lines(text, chunk: chunk, bytesMax: 10)
        #expect(lines.map(\.isTooLong) == [false, true, false])
        #expect(lines[1].bytes.isEmpty)
        #expect(String(decoding: lines[2].bytes, as: UTF8.self) == "0123456789")
    }

    @Test func nothingIsNoLine() {
        #expect(lines("", chunk: 1).isEmpty)
        #expect(lines("a\n", chunk: 1).count == 1)
    }
}
