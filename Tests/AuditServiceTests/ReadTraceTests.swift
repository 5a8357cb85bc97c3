import Access
import Codec
import Testing

@testable import AuditService

@Suite("Who reads the log")
struct ReadTraceTests {
    private func origin(_ id: String) -> CallOrigin {
        CallOrigin(
            Caller(Identity(.apiToken, id: id, name: "dash"), .reader, Reach(organization: "acme")))
    }

    @Test("is told at once, and then once a minute")
    func onceAMinute() {
        var trace = ReadTrace()
        let origin = origin("1")
        trace.note(.query, of: "acme", from: origin)
        #expect(trace.takeDue(uptime: .seconds(5)).map(\.event.change) == ["queries 1"])
        for _ in 0..<100 {
            trace.note(.query, of: "acme", from: origin)
            trace.note(.facets, of: "acme", from: origin)
        }
        trace.note(.histogram, of: "acme", from: origin)
        trace.note(.subscription, of: "acme", from: origin)
        #expect(trace.takeDue(uptime: .seconds(64)).isEmpty)
        let events = trace.takeDue(uptime: .seconds(65)).map(\.event)
        #expect(events.map(\.change) == ["queries 100, facets 100, histograms 1, subscriptions 1"])
        #expect(
            events[0].metadata
                == ["queries": "100", "facets": "100", "histograms": "1", "subscriptions": "1"])
        #expect(events[0].organizationID == "acme")
        #expect(events[0].actor == Event.Actor(type: .apiToken, id: "1", name: "dash"))
        // Nobody reads: nothing is told, and the next read is told at once.
        #expect(trace.takeDue(uptime: .seconds(125)).isEmpty)
        trace.note(.lookup, of: "acme", from: origin)
        #expect(trace.takeDue(uptime: .seconds(126)).map(\.event.change) == ["lookups 1"])
    }

    @Test("is kept apart by caller and organization")
    func apart() {
        var trace = ReadTrace()
        for id in ["1", "2"] { trace.note(.query, of: "acme", from: origin(id)) }
        trace.note(.query, of: "", from: origin("1"))
        let events = trace.takeDue(uptime: .zero).map(\.event)
        #expect(events.count == 3)
        let organizations = events.map(\.organizationID).sorted()
        #expect(organizations == ["acme", "acme", RetentionEvent.operatorOrganization])
    }

    @Test("is told whole at the end")
    func atTheEnd() {
        var trace = ReadTrace()
        trace.note(.query, of: "acme", from: origin("1"))
        _ = trace.takeDue(uptime: .zero)
        trace.note(.query, of: "acme", from: origin("1"))
        #expect(trace.takeDue(uptime: .seconds(1), all: true).count == 1)
        #expect(trace.takeDue(uptime: .seconds(2), all: true).isEmpty)
    }

    @Test("takes a bounded amount of memory")
    func bounded() {
        var trace = ReadTrace(entriesMax: 3)
        for id in ["1", "2"] { trace.note(.query, of: "acme", from: origin(id)) }
        #expect(!trace.isFull)
        trace.note(.query, of: "acme", from: origin("3"))
        #expect(trace.isFull)
        #expect(trace.takeDue(uptime: .zero, all: true).count == 3)
        #expect(!trace.isFull)
    }
}
