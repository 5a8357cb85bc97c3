/// Reads the heads of a client's frames before nghttp2 gets them, and stops what nghttp2 would take for ever.
///
/// nghttp2 ignores many frames without a word to anybody: unknown ones, PRIORITY, DATA and HEADERS of closed streams.
/// All of them are counted here, as plain integers: a frame of an honest client costs a few nanoseconds.
struct FrameInspector: Sendable {
    enum Verdict: Equatable {
        /// All of the bytes may go to the session.
        case fine
        /// The bytes before this offset may go there, and then the connection ends.
        case fault(FrameFault, at: Int)
        /// The allowance is spent by a frame of this kind: a fault as well, unless `replenish` says otherwise, and then
        /// the inspection goes on at `next`.
        case overdrawn(FrameFlood, at: Int, next: Int)
    }

    private struct Head {
        var length: Int
        var kind: UInt8
        var flags: UInt8
        var stream: UInt32
    }

    private static let endStream: UInt8 = 0x1
    private static let endHeaders: UInt8 = 0x4
    private static let padded: UInt8 = 0x8
    private static let headBytes = 9
    /// Head and dependency of a PRIORITY frame.
    private static let priorityBytes = 13
    /// Streams that it remembers, by their last bits; above what an honest client opens out of order, which is nothing.
    private static let streamsRemembered = 64

    var allowance: FrameAllowance
    private let headerBlockBytesMax: Int
    private let continuationsMax: Int
    /// Bytes of the current frame, or of the client's preface, that have still to come.
    private var payloadLeft: Int
    /// The start of a frame whose head is cut by the end of a read.
    private var partial = InlineArray<13, UInt8>(repeating: 0)
    private var partialCount = 0
    /// The stream that used each place last; one more once the client has ended it. It is as long as places were used:
    /// many a connection has one call in its life.
    private var streams: [UInt32] = []
    private var highestStream: UInt32 = 0
    private var headerBlockBytes = 0
    private var continuations = 0
    private var isHeaderFrame = false
    private var expectsContinuation = false
    /// Header blocks that have begun.
    private(set) var headerBlocks = 0
    /// PINGs that ask for an answer.
    private(set) var pings = 0

    /// - Parameters:
    ///   - prefaceBytes: what comes before the first frame.
    ///   - headerBlockBytesMax: of one compressed header list.
    ///   - continuationsMax: CONTINUATION frames of one header list.
    init(
        allowance: FrameAllowance, headerBlockBytesMax: Int, continuationsMax: Int,
        prefaceBytes: Int = 24
    ) {
        self.allowance = allowance
        self.headerBlockBytesMax = headerBlockBytesMax
        self.continuationsMax = continuationsMax
        payloadLeft = prefaceBytes
    }

    /// A header list has begun and is not whole: the client can do nothing else until it is.
    var isInHeaderBlock: Bool { expectsContinuation || isHeaderFrame && payloadLeft > 0 }

    /// Looks at bytes as they arrived, each once.
    mutating func inspect(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Verdict {
        var offset = start
        while offset < bytes.count {
            if payloadLeft > 0 {
                let count = min(payloadLeft, bytes.count - offset)
                payloadLeft -= count
                offset += count
                continue
            }
            let frameStart = offset
            guard let head = nextHead(bytes, &offset) else { break }
            switch check(head) {
            case .success(nil): break
            case .success(let flood?):
                if !allowance.spend(flood.cost) {
                    return .overdrawn(flood, at: frameStart, next: offset)
                }
            case .failure(let fault): return .fault(fault, at: frameStart)
            }
        }
        return .fine
    }

    // MARK: Heads

    /// Moves `offset` behind the head; nil when its rest has still to come.
    private mutating func nextHead(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Head? {
        if partialCount == 0, bytes.count - offset >= Self.headBytes,
            bytes[offset + 3] != FrameKind.priority
        {
            let first = UInt64(
                bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let head = Head(
                length: Int(first >> 40), kind: UInt8(truncatingIfNeeded: first >> 32),
                flags: UInt8(truncatingIfNeeded: first >> 24),
                stream: UInt32(truncatingIfNeeded: first << 8) & 0x7fff_ffff
                    | UInt32(bytes[offset + 8]))
            offset += Self.headBytes
            payloadLeft = head.length
            return head
        }
        return gatherHead(bytes, &offset)
    }

    private mutating func gatherHead(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> Head? {
        while offset < bytes.count {
            partial[partialCount] = bytes[offset]
            partialCount += 1
            offset += 1
            guard partialCount >= Self.headBytes else { continue }
            let head = partialHead
            // The dependency of a PRIORITY frame belongs to what is checked, unless the frame has not even that.
            let wanted =
                head.kind == FrameKind.priority
                ? min(Self.headBytes + head.length, Self.priorityBytes) : Self.headBytes
            if partialCount >= wanted {
                payloadLeft = head.length - (partialCount - Self.headBytes)
                partialCount = 0
                return head
            }
        }
        return nil
    }

    private var partialHead: Head {
        Head(
            length: Int(partial[0]) << 16 | Int(partial[1]) << 8 | Int(partial[2]),
            kind: partial[3], flags: partial[4], stream: partialWord(at: 5))
    }

    /// A stream's number: 31 bits.
    private func partialWord(at index: Int) -> UInt32 {
        UInt32(partial[index] & 0x7f) << 24 | UInt32(partial[index + 1]) << 16
            | UInt32(partial[index + 2]) << 8 | UInt32(partial[index + 3])
    }

    // MARK: Rules

    private mutating func check(_ head: Head) -> Result<FrameFlood?, FrameFault> {
        isHeaderFrame = false
        switch head.kind {
        case FrameKind.data: return checkData(head)
        case FrameKind.headers: return checkHeaders(head)
        case FrameKind.continuation:
            isHeaderFrame = true
            if head.flags & Self.endHeaders != 0 { expectsContinuation = false }
            headerBlockBytes += head.length
            continuations += 1
            if continuations > continuationsMax { return .failure(.flood(.continuations)) }
            if headerBlockBytes > headerBlockBytesMax { return .failure(.headersTooLarge) }
            return .success(nil)
        case FrameKind.priority:
            if head.stream == 0 { return .failure(.invalidPriority) }
            // nghttp2 ends a connection whose PRIORITY has a wrong length.
            if head.length == 5, partialWord(at: Self.headBytes) == head.stream {
                return .failure(.invalidPriority)
            }
            return .success(.priorities)
        case FrameKind.reset:
            end(head.stream)
            return .success(.resets)
        case FrameKind.settings: return .success(.settings)
        case FrameKind.ping:
            if head.flags & 1 == 0 { pings += 1 }
            return .success(.pings)
        case FrameKind.goAway: return .success(.goAways)
        case FrameKind.windowUpdate: return .success(.windowUpdates)
        // PUSH_PROMISE, which nghttp2 refuses, and what RFC 9113 §5.5 says to ignore.
        default: return .success(.unknown)
        }
    }

    private mutating func checkData(_ head: Head) -> Result<FrameFlood?, FrameFault> {
        // nghttp2 ends a connection that has DATA for stream 0, or for one of the other side.
        guard head.stream & 1 == 1 else { return .success(nil) }
        if slot(of: head.stream) == head.stream + 1 { return .failure(.streamEnded) }
        if head.flags & Self.endStream != 0 {
            end(head.stream)
            return .success(nil)
        }
        if head.length == 0 { return .success(.emptyData) }
        let isPadded = head.flags & Self.padded != 0 && head.length <= 256
        return .success(head.length < 5 || isPadded ? .fragments : nil)
    }

    private mutating func checkHeaders(_ head: Head) -> Result<FrameFlood?, FrameFault> {
        isHeaderFrame = true
        headerBlocks &+= 1
        headerBlockBytes = head.length
        continuations = 0
        if headerBlockBytes > headerBlockBytesMax { return .failure(.headersTooLarge) }
        expectsContinuation = head.flags & Self.endHeaders == 0
        // nghttp2 ends a connection that opens streams with the numbers of the other side.
        guard head.stream & 1 == 1 else { return .success(nil) }
        var flood: FrameFlood?
        if head.stream > highestStream {
            highestStream = head.stream
            remember(head.stream)
        } else {
            let last = slot(of: head.stream)
            // The numbers that use a place only grow: one that is below this stream shows that this was never open.
            if last < head.stream { return .failure(.streamSkipped) }
            if last == head.stream + 1 { return .failure(.streamEnded) }
            flood = .trailers
        }
        if head.flags & Self.endStream != 0 { end(head.stream) }
        return .success(flood)
    }

    private func slot(of stream: UInt32) -> UInt32 {
        let place = Self.place(of: stream)
        return place < streams.count ? streams[place] : 0
    }

    private mutating func remember(_ stream: UInt32) {
        let place = Self.place(of: stream)
        while streams.count <= place { streams.append(0) }
        streams[place] = stream
    }

    private static func place(of stream: UInt32) -> Int {
        Int(stream >> 1) % streamsRemembered
    }

    /// The client says no more on this stream, which is odd as all of a client's: the next number marks it.
    private mutating func end(_ stream: UInt32) {
        if stream & 1 == 1, slot(of: stream) == stream {
            streams[Self.place(of: stream)] = stream + 1
        }
    }
}

/// The types of frames (RFC 9113 §6).
enum FrameKind {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let priority: UInt8 = 2
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
    static let goAway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
}
