import NIOCore

/// What the header fields of a request said, gathered field by field.
struct RequestHead {
    private(set) var isPost = false
    private(set) var contentType = ContentType.missing
    private(set) var timeout: TimeAmount?
    private(set) var hasMalformedTimeout = false
    private(set) var unknownEncoding: String?
    /// The fields that neither HTTP/2 nor gRPC uses.
    private(set) var metadata = RPCMetadata()
    private(set) var isTooLarge = false
    private var listBytes = 0

    enum ContentType: Equatable {
        case missing
        case grpc
        case other
    }

    /// Takes a field; `:path` is the caller's.
    mutating func receive(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, listBytesMax: Int
    ) {
        // RFC 9113 §6.5.2: a field counts 32 bytes more than its text.
        listBytes += name.count + value.count + 32
        guard listBytes <= listBytesMax else {
            isTooLarge = true
            return
        }
        switch name.count {
        case 2 where name.equals("te"): break
        case 7 where name.equals(":method"): isPost = value.equals("POST")
        case 7 where name.equals(":scheme"): break
        case 10 where name.equals(":authority"): break
        case 12 where name.equals("content-type"): contentType = Self.contentType(value)
        case 12 where name.equals("grpc-timeout"):
            timeout = GRPCTimeout.parse(value)
            hasMalformedTimeout = timeout == nil
        case 13 where name.equals("grpc-encoding"):
            if !value.equals("identity") {
                unknownEncoding = String(decoding: value.prefix(64), as: UTF8.self)
            }
        case 20 where name.equals("grpc-accept-encoding"): break
        default: metadata.fields.append(name: name, value: value)
        }
    }

    /// `application/grpc`, alone or followed by `+format` or `;parameter`.
    static func contentType(_ value: UnsafeRawBufferPointer) -> ContentType {
        guard value.starts(with: "application/grpc") else { return .other }
        guard value.count > 16 else { return .grpc }
        return value[16] == UInt8(ascii: "+") || value[16] == UInt8(ascii: ";") ? .grpc : .other
    }

    /// The refusal that the fields call for; nil when the call may begin.
    func refusal(path: () -> String?, limits: RPCLimits) -> Refusal? {
        if isTooLarge {
            return .status(
                RPCStatus(
                    .resourceExhausted,
                    "the request's header fields take more than \(limits.headerListBytesMax) bytes")
            )
        }
        guard isPost else { return .http(405) }
        guard contentType == .grpc else { return .http(415) }
        if let unknown = path() {
            return .status(RPCStatus(.unimplemented, "unknown method \(unknown)"))
        }
        if let unknownEncoding {
            return .encoding(
                RPCStatus(.unimplemented, "grpc-encoding \(unknownEncoding) is not supported"))
        }
        if hasMalformedTimeout {
            return .status(RPCStatus(.internal, "malformed grpc-timeout"))
        }
        return nil
    }

    enum Refusal: Equatable {
        case status(RPCStatus)
        /// As `status`, and says which encodings are known.
        case encoding(RPCStatus)
        /// The peer does not speak gRPC; it gets a status of HTTP.
        case http(Int)
    }
}
