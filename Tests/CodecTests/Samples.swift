import AuditModel
import Codec
import TestSupport

extension Event {
    /// Every field set; the event of Golden.swift.
    static var full: Event {
        Event(
            id: "0190f5fe-7c00-7a00-8000-000000000001", organizationID: "acme",
            occurredAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), eventType: "UPDATE",
            target: Target(type: "SERVICE", id: "api", name: "API"),
            scope: [
                Resource(type: "PROJECT", id: "shop"),
                Resource(type: "ENVIRONMENT", id: "prod", name: "Production"),
            ],
            actor: Actor(type: .agent, id: "bot", name: "Bot"),
            onBehalfOf: [Actor(type: .user, id: "ada", name: "Ada")], source: "CONSOLE",
            change: "replicas 2 -> 3", snapshot: Array(#"{"replicas":3}"#.utf8),
            outcome: .success, reason: "résumé",
            context: RequestContext(
                ipAddress: "2001:db8::1", userAgent: "curl/8", requestID: "r-1",
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            metadata: ["a": "1", "b": "2"], sequence: Sequence(300),
            recordedAt: Timestamp(seconds: 1_700_000_001, nanoseconds: 0))
    }

    /// As a caller would send it.
    static var sent: Event {
        var event = full
        event.sequence = .zero
        event.recordedAt = nil
        return event
    }
}

extension EventFilter {
    /// Every field set; the filter of Golden.swift.
    static var full: EventFilter {
        EventFilter(
            eventTypes: ["CREATE", "UPDATE"], targetTypes: ["SERVICE"], targetIDs: ["api"],
            scopes: [
                ScopeFilter(type: "PROJECT", id: "shop"), ScopeFilter(id: "prod"),
            ],
            actorIDs: ["ada"], actorTypes: [.user, .agent], sources: ["CLI"],
            outcomes: [.failure, .denied], since: Timestamp(seconds: 1, nanoseconds: 0),
            until: Timestamp(seconds: 2, nanoseconds: 0), text: "Replicas")
    }
}

/// Every message of the contract with every field set, and what Google's protobuf makes of it.
let samples: [(golden: String, message: any WireMessage)] =
    [
        (Golden.event, Event.full),
        (Golden.emptyEvent, Event()),
        (Golden.status, status),
        (Golden.fullStatus, fullStatus),
        (
            Golden.recordRequest,
            RecordRequest(organizationID: "acme", events: [.full, Event()], partialSuccess: true)
        ),
        (
            Golden.recordResponse,
            RecordResponse(
                results: [
                    RecordResult(
                        id: "0190f5fe-7c00-7a00-8000-000000000001", sequence: Sequence(7),
                        recordedAt: Timestamp(nanosecondsSinceEpoch: 9), duplicate: true),
                    RecordResult(error: status),
                ], status: status)
        ),
        (
            Golden.queryRequest,
            QueryRequest(
                organizationID: "acme", filter: .full, order: .oldestFirst, pageSize: 50,
                pageToken: "abc")
        ),
        (
            Golden.queryResponse,
            QueryResponse(
                events: [.full], nextPageToken: "abc", scannedThrough: Sequence(3),
                oldestSequence: Sequence(2),
                unreadable: [SequenceRange(first: Sequence(4), last: Sequence(.max))])
        ),
        (
            Golden.subscribeSince,
            SubscribeRequest(
                organizationID: "acme", filter: .full,
                start: .since(Timestamp(nanosecondsSinceEpoch: -4_999_999_999)), onGap: .continue,
                progressInterval: .milliseconds(500))
        ),
        (Golden.subscribeAfter, SubscribeRequest(start: .after(.zero))),
        (Golden.subscribeOldest, SubscribeRequest(start: .oldest)),
        (Golden.subscribeNow, SubscribeRequest(start: .now)),
        (Golden.started, SubscribeResponse.started(head: Sequence(9), oldest: Sequence(1))),
        (Golden.events, SubscribeResponse.events([.full, .full])),
        (Golden.progress, SubscribeResponse.progress(Sequence(5))),
        (Golden.caughtUp, SubscribeResponse.caughtUp(Sequence(5))),
        (Golden.fellBehind, SubscribeResponse.fellBehind(.zero)),
        (
            Golden.gap,
            SubscribeResponse.gap(
                SequenceRange(first: Sequence(1), last: Sequence(4)), reason: "retention")
        ),
        (
            Golden.getEventByID,
            GetEventRequest(
                organizationID: "acme",
                key: .id(EventID(high: 0x0190_f5fe_7c00_7a00, low: 0x8000_0000_0000_0001)))
        ),
        (Golden.getEventBySequence, GetEventRequest(key: .sequence(Sequence(12)))),
        (
            Golden.getEventResponse,
            GetEventResponse(
                event: .full, previous: .full, differences: [difference], previousUnknown: true)
        ),
        (
            Golden.listFacetsRequest,
            ListFacetsRequest(organizationID: "acme", field: .scope, filter: .full, limit: 10)
        ),
        (
            Golden.listFacetsResponse,
            ListFacetsResponse(
                facets: [Facet(value: "prod", count: 3, name: "Production", type: "ENVIRONMENT")],
                otherCount: 1, totalCount: 4, complete: true, scannedThrough: Sequence(2),
                unreadable: [SequenceRange(first: Sequence(1), last: Sequence(1))])
        ),
        (
            Golden.histogramRequest,
            HistogramRequest(
                organizationID: "acme", filter: .full, bucket: .seconds(900), buckets: 50,
                splitBy: .targetID, limit: 5)
        ),
        (Golden.histogramResponse, histogram),
        (Golden.getStatusRequest, GetCallerRequest()),
        (
            Golden.getCallerResponse,
            GetCallerResponse(
                credential: .apiToken, id: "t-1", name: "dashboard", roles: [.viewer, .reader],
                organizationIDs: ["acme", "globex"],
                expiresAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 0),
                bounds: EventFilter(targetIDs: ["s-1"]))
        ),
        (Golden.getStatusRequest, GetStatusRequest()),
        (
            Golden.getStatusResponse,
            GetStatusResponse(
                headSequence: Sequence(9), oldestSequence: Sequence(2), eventCount: 8,
                storedBytes: 4_096, retention: .seconds(604_800), version: "1.0",
                startedAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 0), subscriberCount: 3,
                refusingWrites: "disk full", store: storeStatus)
        ),
        (
            Golden.getStatusResponseOfFeed,
            GetStatusResponse(version: "1", feed: .sample)
        ),
    ] + quotaSamples + serviceSamples

let histogram = HistogramResponse(
    start: Timestamp(seconds: 1_700_000_100, nanoseconds: 0)!, bucket: .seconds(900),
    splitBy: .targetID, counts: [1, 600, 1],
    series: [
        HistogramSeries(value: "api", type: "SERVICE", counts: [0, 598, 1]),
        HistogramSeries(value: "web", counts: [1, 0, 0]),
    ],
    otherCounts: [0, 2, 0], totalCount: 602, complete: true, scannedThrough: Sequence(2),
    unreadable: [SequenceRange(first: Sequence(1), last: Sequence(1))])

/// Each figure another.
let storeStatus: StoreStatus = {
    var status = StoreStatus()
    status.segmentCount = 1
    status.logCount = 2
    status.segmentBytes = 3
    status.logBytes = 4
    status.sealedEventCount = 5
    status.sealedEventBytes = 600
    status.sealableLogCount = 7
    status.damagedLogCount = 8
    status.maxBytes = 9
    status.droppedEventCount = 10
    status.droppedBytes = 11
    status.lastSweepAt = Timestamp(seconds: 1_700_000_012, nanoseconds: 0)
    status.sweptEventCount = 13
    status.sweptBytes = 14
    status.lostEventCount = 15
    return status
}()

private let quotaSamples: [(golden: String, message: any WireMessage)] = {
    let quota = Quota(
        eventsPerSecond: 1_000, bytesPerDay: 10 << 30, subscribers: 100, queryMillisPerSecond: 200)
    let token = "3f2a9c01b7de"
    return [
        (
            Golden.setQuotaRequest,
            SetQuotaRequest(organizationID: "acme", quota: quota, reason: "order 4711")
        ),
        (Golden.removeQuotaRequest, SetQuotaRequest(tokenID: token)),
        (
            Golden.setQuotaResponse,
            SetQuotaResponse(
                before: SubjectQuota(organizationID: "acme", quota: .unlimited, inherited: true),
                after: SubjectQuota(organizationID: "acme", tokenID: token, quota: quota),
                eventSequence: Sequence(42))
        ),
        (
            Golden.listQuotasRequest,
            ListQuotasRequest(organizationID: "acme", pageSize: 7, pageToken: "qoacme")
        ),
        (
            Golden.listQuotasResponse,
            ListQuotasResponse(
                quotas: [SubjectQuota(), SubjectQuota(organizationID: "acme", quota: quota)],
                nextPageToken: "qoacme")
        ),
    ]
}()

/// Those of health and reflection.
private let serviceSamples: [(golden: String, message: any WireMessage)] = [
    (Golden.healthCheckRequest, HealthCheckRequest(service: "auditrpc.v1.AuditLog")),
    (Golden.healthCheckResponse, HealthCheckResponse(status: .notServing)),
    (Golden.healthListRequest, HealthListRequest()),
    (
        Golden.healthListResponse,
        HealthListResponse(statuses: ["a.Service": .serving, "auditrpc.v1.AuditLog": .notServing])
    ),
    (Golden.reflectFile, ReflectionRequest(host: "here", .fileNamed("a/b.proto"))),
    (Golden.reflectSymbol, ReflectionRequest(.fileDeclaring("a.B.c"))),
    (Golden.reflectExtension, ReflectionRequest(.fileExtending(type: "a.B", number: 100))),
    (Golden.reflectNumbers, ReflectionRequest(.extensionNumbers(of: "a.B"))),
    (Golden.reflectServices, ReflectionRequest(.services("*"))),
    (
        Golden.reflectedFiles,
        ReflectionResponse(
            to: ReflectionRequest(host: "here", .fileNamed("a/b.proto")),
            .files([Array("one".utf8), Array("two".utf8)]))
    ),
    (
        Golden.reflectedNumbers,
        ReflectionResponse(
            to: ReflectionRequest(.extensionNumbers(of: "a.B")),
            .extensionNumbers(of: "a.B", [100, 70_000]))
    ),
    (
        Golden.reflectedServices,
        ReflectionResponse(to: ReflectionRequest(.services("*")), .services(["a.S"]))
    ),
    (
        Golden.reflectedFailure,
        ReflectionResponse(
            to: ReflectionRequest(.fileDeclaring("a.B.c")), .failure(code: 5, message: "no file"))
    ),
]

let difference = JSONDifference(path: "/replicas", kind: .changed, before: "2", after: "3")

let status = StatusDetails(
    code: 3, message: "events[3].target.id: is required",
    violations: [FieldViolation(field: "events[3].target.id", reason: "is required")])

let fullStatus = StatusDetails(
    code: 8, message: status.message, violations: status.violations,
    retryDelay: .milliseconds(1_500))

/// The bytes of hexadecimal text.
func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = Array(text)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...($0 + 1)]), radix: 16)
    }
}

/// Calls `body` with an event as the store would hold it.
func withView<Result>(of event: Event, _ body: (EventView) -> Result) -> Result {
    let batch = EventBatch.sample(
        [event], first: Sequence(1), recordedAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 0)!)
    return batch.withEvent(at: 0, body)
}

/// A random event whose values collide with those of other random events often.
func randomEvent(_ random: inout SeededGenerator) -> Event {
    func pick(_ values: [String]) -> String { values.randomElement(using: &random)! }
    let ids = ["", "a", "B", "api", "Api-2", "ünï"]
    func resource() -> Event.Resource {
        Event.Resource(type: pick(["", "PROJECT", "ENVIRONMENT"]), id: pick(ids), name: pick(ids))
    }
    return Event(
        organizationID: pick(["acme", "other"]),
        occurredAt: Bool.random(using: &random)
            ? nil : Timestamp(nanosecondsSinceEpoch: .random(in: 0...4, using: &random)),
        eventType: pick(["CREATE", "UPDATE", "DELETE"]),
        target: Event.Target(type: pick(["SERVICE", "BUCKET"]), id: pick(ids), name: pick(ids)),
        scope: (0..<Int.random(in: 0...2, using: &random)).map { _ in resource() },
        actor: Event.Actor(
            type: ActorType.allCases.randomElement(using: &random)!, id: pick(ids),
            name: pick(ids)),
        source: pick(["", "CLI", "API"]), change: pick(["", "Replicas 2 -> 3", "x API y"]),
        snapshot: Array(pick(["", #"{"k":"Value"}"#, "[1,2]"]).utf8),
        outcome: Outcome.allCases.randomElement(using: &random)!,
        metadata: Bool.random(using: &random) ? ["k": "v"] : [:])
}

extension FeedStatus {
    static var sample: FeedStatus {
        var feed = FeedStatus()
        feed.liveCount = 1
        feed.catchingUpCount = 2
        feed.stuckCount = 3
        feed.filterCount = 4
        feed.deliveredEvents = 5
        feed.deliveredBytes = 6
        feed.deliveredMessages = 7
        feed.packedMessages = 8
        feed.fellBehindCount = 9
        feed.gapCount = 10
        feed.gapSequences = 11
        feed.lagMedian = FeedLag(events: 0, time: .seconds(1))
        feed.lagP99 = FeedLag(events: 1, time: .seconds(2))
        feed.lagLargest = FeedLag(events: 2, time: .seconds(3))
        return feed
    }
}
