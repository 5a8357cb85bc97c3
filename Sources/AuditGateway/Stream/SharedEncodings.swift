import Glibc
import NIOCore
import Synchronization

/// What messages of the service became as server-sent events, for the other streams that are sent the same: subscribers
/// with equal filters get equal messages, and making JSON of one costs more than to find that it was made.
///
/// Known by their bytes, so that nobody is given what he was not sent.
final class SharedEncodings: Sendable {
    fileprivate struct Entry {
        var message: [UInt8]
        var encoded: ByteBuffer
        var bytes: Int { message.count + encoded.readableBytes }
    }

    fileprivate struct State {
        var entries: [Int: Entry] = [:]
        /// The oldest first.
        var order: [Int] = []
        var bytes = 0
    }

    private let state = Mutex(State())

    /// - Parameter encode: makes what is not known.
    func encoded(
        _ message: [UInt8], _ encode: ([UInt8]) throws -> [UInt8]
    ) rethrows -> ByteBuffer {
        let hash = Self.hash(message)
        if let known = state.withLock({ $0.entries[hash] }), Self.equal(known.message, message) {
            return known.encoded
        }
        let encoded = ByteBuffer(bytes: try encode(message))
        let entry = Entry(message: message, encoded: encoded)
        guard entry.bytes <= GatewayLimits.sharedBytesMax / 4 else { return encoded }
        state.withLock { $0.keep(entry, hash) }
        return encoded
    }

    /// Of samples: what it finds is compared whole, which takes a tenth of the time that hashing it would.
    private static func hash(_ message: [UInt8]) -> Int {
        var hasher = Hasher()
        hasher.combine(message.count)
        message.withUnsafeBytes { bytes in
            let step = max(sampleBytes, bytes.count / samples)
            for start in stride(from: 0, to: bytes.count, by: step) {
                let end = min(start + sampleBytes, bytes.count)
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
        }
        return hasher.finalize()
    }

    private static let samples = 16
    private static let sampleBytes = 32

    private static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                one.count == 0 || memcmp(one.baseAddress!, other.baseAddress!, one.count) == 0
            }
        }
    }
}

extension SharedEncodings.State {
    fileprivate mutating func keep(_ entry: SharedEncodings.Entry, _ hash: Int) {
        // The newer of two of the same hash is the one that others are about to be sent.
        if let old = entries.updateValue(entry, forKey: hash) {
            bytes -= old.bytes
        } else {
            order.append(hash)
        }
        bytes += entry.bytes
        var gone = 0
        while bytes > GatewayLimits.sharedBytesMax
            || entries.count > GatewayLimits.sharedCountMax
        {
            bytes -= entries.removeValue(forKey: order[gone])?.bytes ?? 0
            gone += 1
        }
        order.removeFirst(gone)
    }
}
