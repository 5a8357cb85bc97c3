/// What the contract allows and what decoding may take. The numbers of the contract are in
/// proto/auditrpc/v1 as well.
package enum Limits {
    // MARK: Events

    /// Events of one Record request: bounds the work between two looks at other calls.
    package static let eventsPerRecordMax = 1_000
    /// Bytes of one event as the caller encoded it: sixteen of the largest fit a message.
    package static let eventBytesMax = 262_144
    /// Bytes of a string field, unless it has its own limit.
    package static let stringBytesMax = 1_024
    /// Bytes of an organization: it is part of every index key.
    package static let organizationBytesMax = 128
    /// Bytes of the change line: one line for people, not a document.
    package static let changeBytesMax = 4_096
    /// Resources that enclose a target.
    package static let scopeDepthMax = 8
    /// Actors on whose behalf one acts.
    package static let onBehalfOfMax = 8
    /// Pairs of metadata: few enough to compare each with each.
    package static let metadataPairsMax = 64
    /// Nesting of a snapshot: readers that recurse survive it.
    package static let jsonDepthMax = 128
    /// How far the caller's clock may be ahead of the server's.
    package static let occurredAheadMax = Duration.seconds(300)

    // MARK: Requests

    /// Values of all fields of a filter together.
    package static let filterValuesMax = 100
    /// Bytes of a page token's text. Ours have 44; the rest is room for later versions.
    package static let pageTokenBytesMax = 1_024
    /// Between two Progress messages: often enough to be of use, seldom enough to cost nothing.
    package static let progressIntervalMin = Duration.milliseconds(100)
    package static let progressIntervalMax = Duration.seconds(300)

    /// The width of a histogram's bucket: whole seconds tell people enough, and a century is for ever.
    package static let bucketMin = Duration.seconds(1)
    package static let bucketMax = Duration.seconds(36_500 * 86_400)
    /// Buckets of a histogram: more than a chart has room for.
    package static let bucketsMax = 500

    /// Ages of a retention policy: below a second nothing could be read, and a century is for ever.
    package static let retentionAgeMin = Duration.seconds(1)
    package static let retentionAgeMax = Duration.seconds(36_500 * 86_400)

    /// Bytes of the name and the source of a token: they go into each event that it records.
    package static let tokenNameBytesMax = 256
    /// The lifetime of a token: a century is for ever.
    package static let tokenLifetimeMax = Duration.seconds(36_500 * 86_400)
    /// How long two secrets of a token may be valid.
    package static let tokenOverlapMax = Duration.seconds(30 * 86_400)
    /// A viewer's token cannot be revoked by itself.
    package static let viewerLifetimeMax = Duration.seconds(3_600)
    /// Values of a viewer's filter, which travels in its token.
    package static let viewerFilterValuesMax = 20

    // MARK: Answers

    /// Violations named in one refusal: enough to repair a request, small enough for trailers.
    package static let violationsMax = 20
    /// Violations named for one event of a partly stored request: a thousand refusals fit a
    /// message.
    package static let violationsPerEventMax = 4
    /// Ranges of an answer's `unreadable`: beyond it they are given more coarsely.
    package static let unreadableRangesMax = 100
    /// Differences of two snapshots; beyond it the whole value counts as changed.
    package static let differencesMax = 1_000
    /// Bytes of the paths and texts of all differences; beyond it the whole value counts as
    /// changed.
    package static let differenceBytesMax = 1_048_576

    // MARK: Decoding

    /// Memory for each byte of a message: an empty message inside another takes 2 bytes on the wire
    /// and some hundred decoded; what asks for more is an attack.
    static let arenaBytesPerMessageByte = 64
    /// Memory for the fixed parts of a message.
    static let arenaSlackBytes = 8_192
    /// Messages within messages of a descriptor: what protobuf's own compiler allows.
    static let descriptorDepthMax = 32
}
