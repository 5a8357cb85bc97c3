import NIOCore
import Testing

@testable import AuditRPC

@Suite struct OutputBufferTests {
    private func append(_ bytes: [UInt8], to buffer: inout OutputBuffer) {
        bytes.withUnsafeBytes { buffer.append($0) }
    }

    private func address(_ buffer: ByteBuffer) -> UInt {
        buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress!) }
    }

    private func drained(_ buffer: inout OutputBuffer) -> [UInt8] {
        var bytes: [UInt8] = []
        buffer.drain { bytes += $0.readableBytesView }
        return bytes
    }

    @Test func itHandsOutEverythingInOrder() {
        var buffer = OutputBuffer()
        for _ in 0..<3 {
            buffer.append(sharing: ByteBuffer(bytes: [1, 2]))
            append([3], to: &buffer)
            buffer.append(sharing: ByteBuffer(bytes: [4]))
            buffer.append(sharing: ByteBuffer(bytes: [5]))
            append([6, 7], to: &buffer)
            #expect(buffer.byteCount == 7)
            #expect(drained(&buffer) == [1, 2, 3, 4, 5, 6, 7])
            #expect(buffer.byteCount == 0)
            buffer.reuseMemory()
        }
    }

    /// What a socket has taken at once costs no memory anew.
    @Test func aWrittenBufferIsFilledAgain() {
        var buffer = OutputBuffer()
        var addresses: Set<UInt> = []
        for round in UInt8(0)..<100 {
            append([round, 1, 2, 3], to: &buffer)
            if round % 2 == 0 { buffer.append(sharing: ByteBuffer(bytes: [9])) }
            append([4], to: &buffer)
            var first: UInt?
            buffer.drain { if first == nil { first = address($0) } }
            addresses.insert(first!)
            buffer.reuseMemory()
        }
        #expect(addresses.count == 1)
    }

    /// A socket that is full holds what it was given: it must not change under it.
    @Test func whatIsStillHeldStaysAsItWas() {
        var buffer = OutputBuffer()
        var held: [ByteBuffer] = []
        for round in UInt8(0)..<10 {
            append([round, round], to: &buffer)
            buffer.append(sharing: ByteBuffer(bytes: [100]))
            append([round], to: &buffer)
            buffer.drain { held.append($0) }
            // What comes before the memory is free goes behind it.
            append([round + 50], to: &buffer)
            buffer.reuseMemory()
            #expect(drained(&buffer) == [round + 50])
            buffer.reuseMemory()
        }
        let bytes = held.flatMap { Array($0.readableBytesView) }
        #expect(bytes == (UInt8(0)..<10).flatMap { [$0, $0, 100, $0] })
    }
}
