/// What one list of header fields of a response said: the first or the last.
struct ResponseHead {
    private(set) var httpStatus: Int?
    private(set) var contentType = ContentType.missing
    /// Nil without a `grpc-status`.
    private(set) var code: RPCStatus.Code?
    private(set) var message = ""
    private(set) var details: [UInt8]?
    /// How compressed messages are to be read.
    private(set) var encoding = MessageEncoding.identity
    private(set) var metadata = RPCMetadata()
    /// What makes the fields useless, although they may have a status.
    private(set) var problem: RPCStatus?
    private var listBytes = 0

    /// Between 100 and 199: the real list follows.
    var isInformational: Bool { httpStatus.map { $0 < 200 } ?? false }

    mutating func receive(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, listBytesMax: Int
    ) {
        // RFC 9113 §6.5.2: a field counts 32 bytes more than its text.
        listBytes += name.count + value.count + 32
        guard listBytes <= listBytesMax else {
            problem = RPCStatus(
                .resourceExhausted,
                "the server's header fields take more than \(listBytesMax) bytes")
            return
        }
        switch name.count {
        case 7 where name.equals(":status"): httpStatus = Self.integer(value)
        case 11 where name.equals("grpc-status"): receive(status: value)
        case 12 where name.equals("grpc-message"): message = PercentEncoding.decode(value)
        case 12 where name.equals("content-type"): contentType = ContentType(value)
        case 13 where name.equals("grpc-encoding"): receive(encoding: value)
        case 20 where name.equals("grpc-accept-encoding"): break
        // Broken details must not hide the status that they belong to.
        case 23 where name.equals("grpc-status-details-bin"): details = Base64.decode(value)
        default: receive(metadata: name, value)
        }
    }

    private mutating func receive(status value: UnsafeRawBufferPointer) {
        if let code = Self.integer(value).flatMap(RPCStatus.Code.init(rawValue:)) {
            self.code = code
        } else {
            // As the gRPC documents say. The message is the server's, if it has one.
            code = .unknown
            if message.isEmpty {
                message =
                    "the server's grpc-status is unknown: \(String(decoding: value.prefix(16), as: UTF8.self))"
            }
        }
    }

    private mutating func receive(encoding value: UnsafeRawBufferPointer) {
        if let encoding = MessageEncoding(name: value) {
            self.encoding = encoding
        } else {
            let name = String(decoding: value.prefix(64), as: UTF8.self)
            problem = RPCStatus(
                .internal,
                "the server answered with grpc-encoding \(name), which is not one of \(MessageEncoding.accepted)"
            )
        }
    }

    private mutating func receive(
        metadata name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) {
        if MetadataRules.isBinary(name), !Base64.isList(value) {
            let name = String(decoding: name.prefix(64), as: UTF8.self)
            problem = RPCStatus(.internal, "the server's field \(name) is not base64")
        }
        metadata.fields.append(name: name, value: value)
    }

    /// The status of a response that cannot be a gRPC one, whose body would make no sense. Nil: messages may follow.
    var refusal: RPCStatus? {
        switch code {
        // Whatever else the fields say, a `grpc-status` counts.
        case .some(.ok): problem
        case .some: httpStatus == 200 ? problem : status
        case nil: statusOfHTTP ?? problem
        }
    }

    /// The status of a call whose stream ended with these fields.
    var status: RPCStatus {
        guard let code else {
            return statusOfHTTP ?? problem
                ?? RPCStatus(.unknown, "the server ended the call without a grpc-status")
        }
        if code == .ok, let problem { return problem }
        return RPCStatus(code, message, details: details)
    }

    /// What the first list of a response without a `grpc-status` says is wrong.
    private var statusOfHTTP: RPCStatus? {
        guard let httpStatus else { return nil }
        guard httpStatus == 200 else {
            return RPCStatus(
                Self.code(httpStatus: httpStatus),
                "the server answered with HTTP status \(httpStatus)")
        }
        switch contentType {
        case .grpc: return nil
        case .grpcFormat:
            return RPCStatus(.internal, "the server's messages are not in protobuf")
        case .missing, .other:
            return RPCStatus(.unknown, "the server's answer is not of type application/grpc")
        }
    }

    /// What answered does not speak gRPC at all: a web server, a proxy.
    var foreignAnswer: ClientFailure? {
        guard code == nil, let httpStatus, statusOfHTTP != nil else { return nil }
        if httpStatus == 200, contentType == .grpcFormat { return nil }
        return .notGRPC(httpStatus: httpStatus)
    }

    /// The table of gRPC's http-grpc-status-mapping.md.
    static func code(httpStatus: Int) -> RPCStatus.Code {
        switch httpStatus {
        case 400, 431: .internal
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404: .unimplemented
        case 429, 502, 503, 504: .unavailable
        default: .unknown
        }
    }

    /// The status of a call whose stream was reset, by the table of gRPC's PROTOCOL-HTTP2.md.
    static func status(reset code: HTTP2ErrorCode) -> RPCStatus {
        let status: RPCStatus.Code =
            switch code {
            case .refusedStream: .unavailable
            case .cancel: .cancelled
            case .enhanceYourCalm: .resourceExhausted
            case .inadequateSecurity: .permissionDenied
            case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout,
                .frameSizeError, .compressionError, .connectError:
                .internal
            default: .unknown
            }
        return RPCStatus(status, "the server reset the call: \(code)")
    }

    private static func integer(_ text: UnsafeRawBufferPointer) -> Int? {
        guard !text.isEmpty, text.count <= 4 else { return nil }
        var value = 0
        for byte in text {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        return value
    }
}
