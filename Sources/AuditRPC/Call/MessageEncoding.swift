/// How the messages of one direction of a call may be compressed: what `grpc-encoding` names.
///
/// Each message says by its flag whether it is compressed, so that `gzip` allows both kinds in one call.
package enum MessageEncoding: Sendable, Equatable {
    case identity
    case gzip

    /// What `grpc-accept-encoding` of this side says.
    static let accepted: StaticString = "identity,gzip"

    /// Nil when it is none that this side knows.
    init?(name: UnsafeRawBufferPointer) {
        if name.equals("identity") {
            self = .identity
        } else if name.equals("gzip") {
            self = .gzip
        } else {
            return nil
        }
    }

    /// Whether a `grpc-accept-encoding` has gzip among its names.
    static func isGzipAccepted(by list: UnsafeRawBufferPointer) -> Bool {
        CommaList(list).contains { $0.equals("gzip") }
    }
}
