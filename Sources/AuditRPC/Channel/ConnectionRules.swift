/// What all connections of a server, or one of a client, keep to: they share it, because a copy for each takes about as
/// much as a call.
final class ConnectionRules: Sendable {
    let limits: RPCLimits
    let life: RPCConnectionLife

    init(limits: RPCLimits, life: RPCConnectionLife) {
        self.limits = limits
        self.life = life
    }
}
