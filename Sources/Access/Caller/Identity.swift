package import Codec

/// What a caller was known by.
package struct Identity: Hashable, Sendable {
    package var credential: CredentialType
    /// Of an API token its id, of a certificate the name that it was known by, of a JWT its subject.
    package var id: String
    /// Of an API token its name, of a certificate that of its rule, of a JWT its issuer; empty where there is none.
    package var name: String
    /// What people call the holder of a JWT; empty where it does not say.
    package var displayName: String

    package init(
        _ credential: CredentialType, id: String = "", name: String = "", displayName: String = ""
    ) {
        self.credential = credential
        self.id = id
        self.name = name
        self.displayName = displayName
    }

    /// As the actor of what the caller does with the server: tokens, retention, reads.
    package var actor: Event.Actor {
        switch credential {
        case .apiToken: Event.Actor(type: .apiToken, id: id, name: name)
        case .jwt: Event.Actor(type: .user, id: id, name: displayName)
        case .certificate: Event.Actor(type: .service, id: id, name: name)
        case .local: Event.Actor(type: .system, id: "local", name: "a caller on this machine")
        case .server, .unspecified: Event.Actor(type: .system, id: "auditrpc", name: "auditrpc")
        }
    }
}
