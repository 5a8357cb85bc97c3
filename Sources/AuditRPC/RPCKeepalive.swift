package import NIOCore

/// When one end of a connection asks the other whether it is still there (gRPC proposals A8 and A9). A peer that
/// vanished without a word, with its cable or its machine, is found in no other way.
package struct RPCKeepalive: Sendable, Equatable {
    /// Silence of the peer after which it is asked, by a PING; twice that at the latest.
    package var time: TimeAmount
    /// How long the peer may then take to say anything at all, before its connection is closed.
    package var timeout: TimeAmount
    /// Ask also while no call is open. A client should not: each ask costs a server that has thousands of them.
    package var withoutCalls: Bool

    package init(
        time: TimeAmount = .seconds(60), timeout: TimeAmount = .seconds(20),
        withoutCalls: Bool = false
    ) {
        self.time = time
        self.timeout = timeout
        self.withoutCalls = withoutCalls
    }
}

/// How long a server lets a connection live, and what it asks of the peer meanwhile.
package struct RPCConnectionLife: Sendable, Equatable {
    /// Nil asks nobody. gRPC's own default of two hours keeps the place of a subscriber that is gone for as long; a
    /// minute costs 10,000 idle connections 170 small frames a second. Idle connections hold places too.
    package var keepalive: RPCKeepalive? = RPCKeepalive(withoutCalls: true)
    /// The least time between two PINGs of a client. gRPC's clients cannot be told to ask more often than every ten
    /// seconds (A8), so that whoever follows the rules never meets this one.
    package var pingInterval = TimeAmount.seconds(10)
    /// PINGs that may come too early before the connection ends. What this side sends makes them forgotten, because
    /// clients measure the bandwidth with a PING while they receive. 2, as of every gRPC server.
    package var earlyPingsMax = 2
    /// The age at which a connection is asked to end, so that clients spread anew over the servers of a name. Nil:
    /// never, because clients that cannot reconnect would be surprised.
    package var ageMax: TimeAmount?
    /// Up to this part of `ageMax` is added or taken off at random: what connected at once shall not come back at once.
    package var ageJitter = 0.1
    /// How long calls may go on when their connection has been asked to end for its age.
    package var ageGrace = TimeAmount.seconds(60)
    /// A connection without calls for that long (twice that at the latest) is asked to end. gRPC's clients give such a
    /// connection up after half an hour on their own, and make another one when they need it. Nil: never.
    package var idleMax: TimeAmount? = .hours(1)

    package init() {}

    /// A client ends no connection for its age or idleness.
    static func ofClient(_ keepalive: RPCKeepalive?) -> RPCConnectionLife {
        var life = RPCConnectionLife()
        life.keepalive = keepalive
        life.idleMax = nil
        return life
    }
}
