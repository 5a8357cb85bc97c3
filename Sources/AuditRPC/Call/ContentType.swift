/// What a `content-type` says about a request or a response.
enum ContentType: Equatable {
    case missing
    /// `application/grpc` or `application/grpc+proto`, with parameters or without.
    case grpc
    /// `application/grpc+` another format. Its peer speaks gRPC and understands a status, so it gets one, and not the
    /// HTTP error of those that do not.
    case grpcFormat
    /// Anything else, gRPC-Web too.
    case other

    init(_ value: UnsafeRawBufferPointer) {
        if value.equals("application/grpc") || value.equals("application/grpc+proto") {
            // What nearly everybody says.
            self = .grpc
        } else {
            self = Self.parse(value)
        }
    }

    /// Media types are case-insensitive (RFC 9110 §8.3.1).
    private static func parse(_ value: UnsafeRawBufferPointer) -> ContentType {
        let text = String(decoding: value, as: UTF8.self).lowercased()
        let type = text.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        if type == "application/grpc" || type == "application/grpc+proto" { return .grpc }
        return type.hasPrefix("application/grpc+") ? .grpcFormat : .other
    }

    /// Whether the peer speaks gRPC at all.
    var isGRPC: Bool {
        switch self {
        case .grpc, .grpcFormat: true
        case .missing, .other: false
        }
    }
}
