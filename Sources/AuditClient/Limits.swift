/// Every bound of the client, with its unit and its reason; those of the contract are
/// `Codec.Limits`.
enum Limits {
    /// Calls that wait for a connection: more than any server takes at once.
    static let waitingCallsMax = 10_000

    /// Bytes of one request: what the server takes (proto/auditrpc/v1/audit_log.proto).
    static let requestBytesMax = 4_194_304

    /// How long a server may take to say anything at all when it is asked whether it is there.
    static let keepaliveTimeout = Duration.seconds(10)

    /// How often a call that the server has not begun is made again at once; then it waits as any
    /// other. A server that goes away refuses it once, and its successor may do the same.
    static let retriesAtOnceMax = 3

    /// Batches of an upload on their way at once: enough to keep a distant server busy, few enough
    /// to send again after a loss.
    static let batchesInFlight = 8

    /// How long a batch of an upload may wait for its answer when calls have no limit: long after a
    /// server that works has answered.
    static let silenceWithoutTimeout = Duration.seconds(300)

    /// How often the server reports progress to a feed that does not say
    /// (proto/auditrpc/v1/audit_log.proto).
    static let progressIntervalUsual = Duration.seconds(10)

    /// Such intervals in which nothing at all came: one may be late and another lost.
    static let silentIntervalsMax = 3

    /// The longest pause that a server may ask for: a mistake of it must not stop a client for ever.
    static let pushbackMax = Duration.seconds(120)

    /// Characters of another protocol's greeting, or of a proxy's text, in a message.
    static let quotedCharactersMax = 80
}
