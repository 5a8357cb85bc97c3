import AuditModel
import Codec
import Testing

@testable import AuditGateway

struct RequestParametersTests {
    /// 2023-11-14T22:13:20Z.
    private let now = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)

    @Test func aWholeFilterIsRead() throws {
        var parameters = try RequestParameters(
            "event_type=CREATE&event_type=DELETE&target_type=SERVICE&target_id=s%201"
                + "&scope=project%3Dp%3D1&scope=e-1&actor_id=ada+l&actor_type=api_token&source=CLI"
                + "&outcome=DENIED&since=2h&until=2023-11-14&text=%C3%A4%26&organization_id=acme")
        let (organizationID, filter) = try parameters.takeFilter(now: now)
        try parameters.finish()
        #expect(organizationID == "acme")
        #expect(
            filter
                == EventFilter(
                    eventTypes: ["CREATE", "DELETE"], targetTypes: ["SERVICE"],
                    targetIDs: ["s 1"],
                    scopes: [.init(type: "project", id: "p=1"), .init(id: "e-1")],
                    actorIDs: ["ada l"], actorTypes: [.apiToken], sources: ["CLI"],
                    outcomes: [.denied], since: now.advanced(by: .seconds(-7_200)),
                    until: Timestamp(rfc3339: "2023-11-14T00:00:00Z"), text: "ä&"))
    }

    @Test func whatIsLeftOutIsNoFilter() throws {
        for query in [nil, "", "event_type=", "event_type=&&text="] {
            var parameters = try RequestParameters(query)
            let (organizationID, filter) = try parameters.takeFilter(now: now)
            try parameters.finish()
            #expect(organizationID.isEmpty)
            #expect(filter == EventFilter())
        }
    }

    @Test(arguments: [
        ("evnt_type=CREATE", "evnt_type"), ("actor_type=ROBOT", "actor_type"),
        ("outcome=UNSPECIFIED", "outcome"), ("since=soon", "since"),
        ("text=a&text=b", "text"), ("Event_Type=CREATE", "Event_Type"),
    ])
    func aFaultNamesItsParameter(query: String, name: String) throws {
        let error = #expect(throws: GatewayError.self) {
            var parameters = try RequestParameters(query)
            _ = try parameters.takeFilter(now: now)
            try parameters.finish()
        }
        #expect(error?.violations.map(\.field) == [name])
        #expect(error?.httpStatus == 400)
    }

    @Test(arguments: ["text=%", "text=%zz", "text=%FF", "%C3=1"])
    func whatIsNotTextIsRefused(query: String) {
        #expect(throws: GatewayError.self) { try RequestParameters(query) }
    }

    @Test func tooManyAreRefusedBeforeTheyAreRead() {
        let query = Array(repeating: "text=%", count: GatewayLimits.parametersMax + 1)
        let error = #expect(throws: GatewayError.self) {
            try RequestParameters(query.joined(separator: "&"))
        }
        #expect(error?.message.contains("1201") == true)
    }

    @Test(arguments: [
        ("7", 7), ("", 0), ("99999999999", Int32.max),
    ])
    func countsAreRead(text: String, expected: Int32) throws {
        var parameters = try RequestParameters("limit=\(text)")
        #expect(try parameters.takeCount("limit") == expected)
    }

    @Test(arguments: ["-1", "1.5", "x", "+1", "99999999999999999999"])
    func otherNumbersAreRefused(text: String) {
        #expect(throws: GatewayError.self) {
            var parameters = try RequestParameters("limit=\(text.replacing("+", with: "%2B"))")
            _ = try parameters.takeCount("limit")
        }
    }

    // MARK: Subscriptions

    private func subscription(
        _ query: String, lastEventID: String? = nil
    ) throws(GatewayError) -> SubscribeRequest {
        var parameters = try RequestParameters(query)
        let request = try parameters.takeSubscription(lastEventID: lastEventID, now: now)
        try parameters.finish()
        return request
    }

    @Test func aSubscriptionStartsWhereItSays() throws {
        #expect(try subscription("").start == .now)
        #expect(try subscription("").onGap == .continue)
        #expect(try subscription("start=oldest").start == .oldest)
        #expect(
            try subscription("after_sequence=7&on_gap=fail&progress=10s")
                == SubscribeRequest(
                    start: .after(Sequence(7)), onGap: .fail, progressInterval: .seconds(10)))
        #expect(
            try subscription("since_recorded=2h").start
                == .since(now.advanced(by: .seconds(-7_200))))
    }

    @Test func whatABrowserHadGoesBeforeTheAddress() throws {
        let request = try subscription("start=oldest", lastEventID: "12")
        #expect(request.start == .after(Sequence(12)))
    }

    @Test func twoStartsAreRefused() {
        #expect(throws: GatewayError.self) { try subscription("start=now&after_sequence=1") }
        #expect(throws: GatewayError.self) { try subscription("start=later") }
        #expect(throws: GatewayError.self) { try subscription("", lastEventID: "x") }
    }
}
