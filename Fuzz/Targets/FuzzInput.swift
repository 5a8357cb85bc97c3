/// An input, taken apart from its front. Where it ends, zeros follow.
struct FuzzInput {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { take(1).first ?? 0 }

    /// As many of `count` bytes as are left.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
        let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        return taken
    }

    mutating func integer() -> UInt64 {
        take(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// How a stream of bytes arrives: the lengths of its chunks, the same ones for the same seed.
struct Chunking {
    private var state: UInt64
    private let kind: UInt8

    /// All at once, byte by byte, or in pieces of 1 to 16 or 1 to 1,024 bytes.
    init(_ seed: UInt8) {
        kind = seed & 3
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return switch kind {
        case 0: .max
        case 1: 1
        case 2: 1 + Int(state >> 60)
        default: 1 + Int(state >> 54)
        }
    }

    /// Calls `body` with one chunk after the other, until it says that it wants no more.
    mutating func forEach(
        of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Bool
    ) rethrows {
        var input = FuzzInput(bytes)
        while !input.isEmpty, try body(input.take(next())) {}
    }
}
