import Codec

/// How the call behind a CloudTrail record ended, and why.
struct CloudTrailOutcome {
    let outcome: Outcome
    /// AWS's code and message.
    let reason: String
    /// The code without the prefix that EC2 puts in front.
    let code: String

    init(record: JSONValue) {
        let code = record.field("errorCode")?.string ?? ""
        let message = record.field("errorMessage")?.string ?? ""
        // A sign-in says its end in its response.
        let isFailedLogin =
            record.field("responseElements")?.field("ConsoleLogin")?.string == "Failure"
        self.code = code.hasPrefix("Client.") ? String(code.dropFirst("Client.".count)) : code
        reason = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        outcome =
            if Self.denials.contains(where: code.contains) {
                .denied
            } else if !code.isEmpty || !message.isEmpty || isFailedLogin {
                .failure
            } else {
                .success
            }
    }

    private static let denials = [
        "AccessDenied", "Unauthorized", "NotAuthorized", "Forbidden", "AuthFailure",
        "AuthorizationError",
    ]
}
