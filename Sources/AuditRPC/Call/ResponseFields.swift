/// The header lists that a server answers with.
enum ResponseFields {
    /// The first list of an answer with messages, or with a status alone.
    ///
    /// A client that compresses must learn that it may (compression.md); others pay nothing for it.
    static func headers(
        encoding: MessageEncoding = .identity, namesAcceptedEncodings: Bool = false
    ) -> HeaderFields {
        var fields = HeaderFields()
        fields.append(":status", "200")
        fields.append("content-type", "application/grpc")
        if encoding == .gzip { fields.append("grpc-encoding", "gzip") }
        if namesAcceptedEncodings {
            fields.append("grpc-accept-encoding", MessageEncoding.accepted)
        }
        return fields
    }

    /// What a person reads who looks at the server with a browser or curl.
    static let bodyForPeople = Array(
        "This is a gRPC server: it answers POST requests of type application/grpc.\n".utf8)

    /// The answer to a request that is not gRPC's, whose body is `bodyForPeople`.
    static func http(_ code: Int) -> HeaderFields {
        var fields = HeaderFields()
        fields.append(":status", String(code))
        if code == 405 { fields.append("allow", "POST") }
        fields.append("content-type", "text/plain; charset=utf-8")
        fields.append("content-length", String(bodyForPeople.count))
        return fields
    }
}
