import NIOCore

/// What the gateway bounds itself; all else are limits of the service, whose calls it makes.
enum GatewayLimits {
    /// Connections of clients. Each has one to the service besides: three descriptors.
    static let connectionsMax = 2_000
    /// Bytes of a request's body: what a message of the service has.
    static let bodyBytesMax = 4 << 20
    /// Bytes of a request's header fields.
    static let headerBytesMax = 16 << 10
    /// Header fields of a request.
    static let headerCountMax = 100
    /// Parameters of one request: as many values as a filter may have, and the others.
    static let parametersMax = 1_200
    /// How long a connection may be without a request.
    static let idleTime = TimeAmount.seconds(75)
    /// The time that a call gets which reads. The service takes less, and says then how far it came.
    static let callTime = TimeAmount.seconds(30)
    /// Answers up to this are not counted.
    static let smallAnswerBytesMax = 4 << 10
    /// Bodies up to this are read without a look at the credential.
    static let smallBodyBytesMax = 32 << 10
    /// Such bodies at a time, of all clients: 64 MiB.
    static let smallBodiesMax = 2_048
    /// Exports at a time. Each has a page in memory: up to 4 MiB, and what it becomes.
    static let exportsMax = 32
    /// Bytes of bodies that are being read, of all clients.
    static let bodiesBytesMax = 64 << 20
    /// Bytes of answers that wait for their clients, of all.
    static let answersBytesMax = 256 << 20
    /// The time that a client gets to send a body.
    static let bodyTime = TimeAmount.seconds(30)
    /// The time that a client gets to read an answer, or a page of an export. One that reads nothing keeps others out.
    static let answerTime = TimeAmount.seconds(120)
    /// The time that answers under way get when the server stops. The service's own comes after it.
    static let drainTime = Duration.seconds(5)
    /// Streams of events at a time. Each keeps what its client has not read: a few messages of 64 KiB.
    static let streamsMax = 2_000
    /// Events that an export asks for at a time.
    static let exportPageSize: Int32 = 1_000
    /// Bytes of encoded messages that are kept for other streams that are sent the same.
    static let sharedBytesMax = 8 << 20
    /// Messages likewise.
    static let sharedCountMax = 256
    /// Seconds after which a client should ask again when nothing better is known.
    static let retrySeconds = 1
}
