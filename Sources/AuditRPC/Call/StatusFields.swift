/// How a status travels: `grpc-status`, `grpc-message`, `grpc-status-details-bin`.
enum StatusFields {
    static func append(_ status: RPCStatus, to fields: inout HeaderFields, limits: RPCLimits) {
        fields.append("grpc-status", String(status.code.rawValue))
        if !status.message.isEmpty {
            fields.append(
                "grpc-message",
                PercentEncoding.encode(status.message, bytesMax: limits.statusMessageBytesMax))
        }
        // Half of them would mean nothing, so details that are too long stay here.
        if let details = status.details, details.count <= limits.statusDetailsBytesMax {
            fields.append("grpc-status-details-bin", Base64.encode(details))
        }
    }
}
