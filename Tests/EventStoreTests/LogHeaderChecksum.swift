@testable import EventStore

/// The checksum of a log's header, for tests that forge one.
enum LogHeaderChecksum {
    static func of(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { Checksum.of($0, salt: 0) }
    }
}
