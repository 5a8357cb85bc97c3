import NIOCore

/// What the header fields of a request said, gathered field by field.
struct RequestHead {
    private(set) var method = Method.other
    private(set) var contentType = ContentType.missing
    private(set) var timeout: TimeAmount?
    /// How compressed messages of the request are to be read.
    private(set) var encoding = MessageEncoding.identity
    /// Whether answers may be compressed.
    private(set) var acceptsGzip = false
    /// What is wrong with a field; the last of several.
    private(set) var problem: Problem?
    private(set) var isTooLarge = false
    private var listBytes = 0

    enum Method: Equatable {
        case post
        /// Its answer must not have a body.
        case head
        case other
    }

    enum Problem: Equatable {
        case unknownEncoding(String)
        case malformedTimeout
        /// A `-bin` field that is not base64.
        case malformedField(String)
    }

    /// Takes a field; `:path` is the caller's. True: neither HTTP/2 nor gRPC uses it, so it is metadata.
    mutating func receive(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, listBytesMax: Int
    ) -> Bool {
        // RFC 9113 §6.5.2: a field counts 32 bytes more than its text.
        listBytes += name.count + value.count + 32
        guard listBytes <= listBytesMax else {
            isTooLarge = true
            return false
        }
        switch name.count {
        case 2 where name.equals("te"): break
        case 5 where name.equals(":path"): break
        case 7 where name.equals(":method"):
            method = value.equals("POST") ? .post : value.equals("HEAD") ? .head : .other
        case 7 where name.equals(":scheme"): break
        case 10 where name.equals(":authority"): break
        case 12 where name.equals("content-type"): contentType = ContentType(value)
        case 12 where name.equals("grpc-timeout"):
            timeout = GRPCTimeout.parse(value)
            if timeout == nil { problem = .malformedTimeout }
        case 13 where name.equals("grpc-encoding"): receive(encoding: value)
        case 20 where name.equals("grpc-accept-encoding"):
            acceptsGzip = acceptsGzip || MessageEncoding.isGzipAccepted(by: value)
        default:
            if MetadataRules.isBinary(name), !Base64.isList(value) {
                problem = .malformedField(String(decoding: name.prefix(64), as: UTF8.self))
            }
            return true
        }
        return false
    }

    private mutating func receive(encoding value: UnsafeRawBufferPointer) {
        if let encoding = MessageEncoding(name: value) {
            self.encoding = encoding
        } else {
            problem = .unknownEncoding(String(decoding: value.prefix(64), as: UTF8.self))
        }
    }

    /// Nothing in it calls for a refusal. What `refusal` would say too: this asks the usual head without a copy of it.
    var isFaultless: Bool {
        guard case nil = problem, !isTooLarge, method == .post, contentType == .grpc else {
            return false
        }
        return timeout.map { $0 > .zero } ?? true
    }

    /// The refusal that the fields call for; nil when the call may begin. `unknownMethod` says what is wrong with the
    /// path, if anything.
    ///
    /// A missing `te: trailers` is tolerated, as by grpc-go and grpc-java: it would only tell of a proxy that drops
    /// trailers, and such a proxy shows by itself. Any `:authority` will do: one server may have many names.
    func refusal(unknownMethod: () -> String?, limits: RPCLimits) -> Refusal? {
        if isTooLarge {
            return .status(
                RPCStatus(
                    .resourceExhausted,
                    "the request's header fields take more than \(limits.headerListBytesMax) bytes")
            )
        }
        // First, so that a browser or curl is told what it talks to, whatever it asked.
        guard contentType.isGRPC else { return .http(415) }
        guard method == .post else { return .http(405) }
        if contentType == .grpcFormat {
            return .status(
                RPCStatus(
                    .unimplemented,
                    "messages are in protobuf: the content-type is application/grpc+proto"))
        }
        if let text = unknownMethod() { return .status(RPCStatus(.unimplemented, text)) }
        if let problem { return Self.refusal(of: problem) }
        if let timeout, timeout <= .zero {
            return .status(RPCStatus(.deadlineExceeded, "the call came with a timeout of zero"))
        }
        return nil
    }

    private static func refusal(of problem: Problem) -> Refusal {
        switch problem {
        case .unknownEncoding(let name):
            .encoding(
                RPCStatus(
                    .unimplemented,
                    "grpc-encoding \(name) is not one of \(MessageEncoding.accepted)"))
        case .malformedTimeout: .status(RPCStatus(.internal, "malformed grpc-timeout"))
        case .malformedField(let name):
            .status(RPCStatus(.internal, "the field \(name) is not base64"))
        }
    }

    enum Refusal: Equatable {
        case status(RPCStatus)
        /// As `status`, and says which encodings are known.
        case encoding(RPCStatus)
        /// The peer does not speak gRPC; it gets a status of HTTP.
        case http(Int)
    }
}
