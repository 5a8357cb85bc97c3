import Codec

/// Who did it: `userIdentity`, as the CloudTrail user guide describes it under "CloudTrail
/// userIdentity element".
struct CloudTrailIdentity {
    private let identity: JSONValue
    private let isFromConsole: Bool

    init(record: JSONValue) {
        identity = record.field("userIdentity") ?? .object([])
        isFromConsole = record.field("sessionCredentialFromConsole")?.scalar == "true"
    }

    var actor: Event.Actor {
        let arn = identity.field("arn")?.string
        let invokedBy = identity.field("invokedBy")?.string
        let name = identity.field("userName")?.string ?? ""
        switch identity.field("type")?.string {
        case "IAMUser", "FederatedUser", "IdentityCenterUser", "Directory", "SAMLUser",
            "WebIdentityUser":
            return Event.Actor(type: .user, id: arn ?? principal, name: name)
        case "Root":
            return Event.Actor(type: .user, id: arn ?? principal, name: "root")
        case "AssumedRole", "Role":
            return assumedRole
        case "AWSAccount":
            return Event.Actor(type: .apiToken, id: arn ?? principal, name: name)
        default:
            // AWSService, and service events that say nothing but who called.
            guard let invokedBy else {
                return Event.Actor(type: .apiToken, id: arn ?? principal, name: name)
            }
            return Event.Actor(type: .service, id: invokedBy)
        }
    }

    /// A role is the actor, its sessions come and go. Where IAM Identity Center or the console
    /// signs people in, the session is the person.
    private var assumedRole: Event.Actor {
        let role = identity.field("sessionContext")?.field("sessionIssuer")
        let arn = identity.field("arn")?.string
        let roleName = role?.field("userName")?.string ?? ""
        if roleName.hasPrefix("AWSReservedSSO_") || isFromConsole {
            return Event.Actor(type: .user, id: arn ?? principal, name: sessionName ?? roleName)
        }
        let name = [roleName, sessionName ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
        return Event.Actor(
            type: .service, id: role?.field("arn")?.string ?? arn ?? principal, name: name)
    }

    private var sessionName: String? {
        guard let principal = identity.field("principalId")?.string,
            let colon = principal.firstIndex(of: ":")
        else { return nil }
        return String(principal[principal.index(after: colon)...])
    }

    /// What is left when there is no ARN.
    private var principal: String {
        identity.field("principalId")?.string ?? identity.field("accountId")?.string ?? "unknown"
    }

    var accountID: String? { identity.field("accountId")?.string }

    /// The rest of what is known, for the metadata.
    var details: [(key: String, value: String?)] {
        let session = identity.field("sessionContext")
        return [
            ("identity_type", identity.field("type")?.string),
            ("principal_id", identity.field("principalId")?.string),
            ("access_key_id", identity.field("accessKeyId")?.string),
            ("invoked_by", identity.field("invokedBy")?.string),
            ("session_name", sessionName),
            ("mfa_authenticated", session?.field("attributes")?.field("mfaAuthenticated")?.scalar),
            ("source_identity", session?.field("sourceIdentity")?.string),
        ]
    }
}
