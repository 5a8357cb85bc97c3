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
        if let known = state.withLock({ $0.entries[hash] }), known.message == message {
            return known.encoded
        }
        let encoded = ByteBuffer(bytes: try encode(message))
        let entry = Entry(message: message, encoded: encoded)
        guard entry.bytes <= GatewayLimits.sharedBytesMax / 4 else { return encoded }
        state.withLock { $0.keep(entry, hash) }
        return encoded
    }

    private static func hash(_ message: [UInt8]) -> Int {
        var hasher = Hasher()
        message.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

extension SharedEncodings.State {
    fileprivate mutating func keep(_ entry: SharedEncodings.Entry, _ hash: Int) {
        // Another message of the same hash keeps its place.
        guard entries[hash] == nil else { return }
        entries[hash] = entry
        order.append(hash)
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
