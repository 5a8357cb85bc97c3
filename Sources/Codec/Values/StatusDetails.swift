/// `google.rpc.Status` with the field violations of its `google.rpc.BadRequest` and the pause of its
/// `google.rpc.RetryInfo`; details of other types are passed over.
public struct StatusDetails: Hashable, Sendable {
    /// A gRPC status code.
    public var code: Int32
    public var message: String
    public var violations: [FieldViolation]
    /// When the same request may succeed, from now on; nil when nothing is said.
    public var retryDelay: Duration?

    public init(
        code: Int32, message: String, violations: [FieldViolation] = [],
        retryDelay: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.violations = violations
        self.retryDelay = retryDelay
    }
}
