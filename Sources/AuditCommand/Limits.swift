/// Every bound of the command line tool, with its unit and its reason; those of the contract are
/// `Codec.Limits`.
enum Limits {
    /// Events in one request of a pipelined stream: large enough to share a sync, small enough
    /// that one refused event spoils little.
    static let batchEvents = 500

    /// Bytes of JSON text gathered into one request: a quarter of the server's 4 MiB message,
    /// because the encoded form is never larger than the text by that much.
    static let batchBytes = 1_048_576

    /// Bytes in one line of standard input: an event of 256 KiB, its snapshot escaped at worst.
    static let lineBytesMax = 2_097_152

    /// Bytes read at once from a file or from standard input.
    static let readBytes = 65_536

    /// Refused lines that are named one by one; the rest is counted.
    static let complaintsMax = 20

    /// Bytes of one CloudTrail file: a delivery holds at most a few thousand records; this is far
    /// above it and keeps a wrong path from filling memory.
    static let cloudTrailFileBytesMax = 268_435_456

    /// Columns of a terminal that does not say its width.
    static let terminalColumns = 120

    /// Attempts of one call, or of an upload since its last answer, that a server was there for: some
    /// seconds with the pauses between. While none is there, time counts and not attempts.
    static let callAttempts = 10

    /// How long an upload waits for a server that has gone: ten seconds to drain, and the replay of a
    /// large log. Other calls wait as long as `--timeout` lets them.
    static let outageMax = Duration.seconds(30)

    /// The first pause between attempts to reach the server, and the longest one: quick enough for
    /// somebody who waits half a minute at most, slow enough for a thousand followers.
    static let reconnectPauseMin = Duration.milliseconds(100)
    static let reconnectPauseMax = Duration.seconds(3)

    /// How long a server may take to answer an attempt to connect; half of `--timeout` where that is
    /// less, so that another attempt has a chance.
    static let connectTimeout = Duration.seconds(10)

    /// The pause between two saves of a feed's position: each is two syncs, and what was printed
    /// meanwhile is printed twice after a crash.
    static let positionPause = Duration.milliseconds(200)

    /// How often a feed looks whether somebody still reads what it prints: a pipe whose reader has gone
    /// says so only to who asks.
    static let readerCheckInterval = Duration.seconds(1)

    /// How long one unary call may take unless `--timeout` says otherwise.
    static let callTimeout = Duration.seconds(30)

    /// How long a snapshot may take likewise: it may be a copy of all there is to another disk.
    static let snapshotTimeout = Duration.seconds(86_400)
}
