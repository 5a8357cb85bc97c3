package import Codec

/// What a caller was known by.
package struct Identity: Hashable, Sendable {
    package var credential: CredentialType
    /// Of an API token its id, of a certificate the name that it was known by, of a JWT its subject.
    package var id: String
    /// Of an API token its name, of a JWT its issuer; empty where there is none.
    package var name: String

    package init(_ credential: CredentialType, id: String = "", name: String = "") {
        self.credential = credential
        self.id = id
        self.name = name
    }

    /// As the actor of what the caller does with the server: tokens, retention, reads.
    package var actor: Event.Actor {
        switch credential {
        case .apiToken: Event.Actor(type: .apiToken, id: id, name: name)
        case .jwt: Event.Actor(type: .user, id: id)
        case .certificate: Event.Actor(type: .service, id: id)
        case .local: Event.Actor(type: .system, id: "local", name: "a caller on this machine")
        case .server, .unspecified: Event.Actor(type: .system, id: "auditrpc", name: "auditrpc")
        }
    }
}
