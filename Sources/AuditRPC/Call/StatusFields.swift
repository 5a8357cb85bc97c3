/// How a status travels: `grpc-status`, `grpc-message`, `grpc-status-details-bin`.
enum StatusFields {
    static func append(_ status: RPCStatus, to fields: inout HeaderFields, messageBytesMax: Int) {
        fields.append("grpc-status", String(status.code.rawValue))
        if !status.message.isEmpty {
            fields.append(
                "grpc-message",
                PercentEncoding.encode(status.message, bytesMax: messageBytesMax))
        }
        if let details = status.details {
            fields.append("grpc-status-details-bin", Base64.encode(details))
        }
    }
}

/// What the header fields of a response said.
struct ResponseHead {
    private(set) var httpStatus: Int?
    private(set) var isGRPC = false
    private(set) var code: RPCStatus.Code?
    private(set) var message = ""
    private(set) var details: [UInt8]?
    private(set) var metadata = RPCMetadata()
    private(set) var unknownEncoding: String?

    /// Between 100 and 199: the real list follows.
    var isInformational: Bool { httpStatus.map { $0 < 200 } ?? false }

    mutating func receive(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        switch name.count {
        case 7 where name.equals(":status"): httpStatus = Self.integer(value)
        case 11 where name.equals("grpc-status"):
            // An unknown number is UNKNOWN, as the gRPC documents say.
            code = Self.integer(value).flatMap(RPCStatus.Code.init(rawValue:)) ?? .unknown
        case 12 where name.equals("grpc-message"): message = PercentEncoding.decode(value)
        case 12 where name.equals("content-type"):
            isGRPC = RequestHead.contentType(value) == .grpc
        case 13 where name.equals("grpc-encoding"):
            if !value.equals("identity") {
                unknownEncoding = String(decoding: value.prefix(64), as: UTF8.self)
            }
        case 23 where name.equals("grpc-status-details-bin"): details = Base64.decode(value)
        default: metadata.fields.append(name: name, value: value)
        }
    }

    /// The status of a call whose stream ended with these fields.
    var status: RPCStatus {
        if let code { return RPCStatus(code, message, details: details) }
        guard let httpStatus, httpStatus != 200 else {
            return RPCStatus(.unknown, "the server ended the call without a grpc-status")
        }
        return RPCStatus(
            Self.code(httpStatus: httpStatus), "the server answered with HTTP status \(httpStatus)")
    }

    /// The table of gRPC's http-grpc-status-mapping.md.
    static func code(httpStatus: Int) -> RPCStatus.Code {
        switch httpStatus {
        case 400: .internal
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
