/// `google.rpc.Status` with the field violations of its `google.rpc.BadRequest`; details of other
/// types are passed over.
public struct StatusDetails: Hashable, Sendable {
    /// A gRPC status code.
    public var code: Int32
    public var message: String
    public var violations: [FieldViolation]

    public init(code: Int32, message: String, violations: [FieldViolation] = []) {
        self.code = code
        self.message = message
        self.violations = violations
    }
}
