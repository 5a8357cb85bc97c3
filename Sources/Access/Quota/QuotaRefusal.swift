/// Why a call is over a quota: whose, which limit of it, and when to come again.
package struct QuotaRefusal: Error, Hashable, Sendable {
    let subject: QuotaSubject
    let excess: QuotaExcess

    /// After that the same request passes, if nothing else is taken meanwhile.
    package var retryAfter: Duration { min(excess.wait, AccessLimits.quotaWaitMax) }

    /// Whether a client cannot tell one from the other.
    func saysTheSame(as other: QuotaRefusal) -> Bool {
        retryAfter == other.retryAfter && excess.limit == other.excess.limit
            && subject == other.subject
    }

    /// For the client.
    package var message: String {
        switch excess.limit {
        case .eventsPerSecond(let limit):
            "\(subject) may record \(limit) events per second; nothing of this request was stored"
        case .bytesPerDay(let limit):
            "\(subject) may record \(limit) bytes per day; nothing of this request was stored"
        case .subscribers(let limit):
            "\(subject) may have \(limit) subscribers at the same time"
        case .queryMillisPerSecond(let limit):
            "\(subject) may spend \(limit) ms of each second on queries, and has spent more"
        }
    }
}
