import AuditClient
import TestSupport
import Testing

/// The example of README.md, as another package would compile it: keep the two the same.
struct ExampleTests {
    @Test func theExampleOfTheReadmeWorks() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            var printed: [String] = []
            func print(_ text: String) { printed.append(text) }
            let client = AuditLogClient(servers: [ServerAddress(server.address)!])
            let event = Event(
                eventType: "UPDATE", target: Event.Target(type: "SERVICE", id: "web"),
                actor: Event.Actor(type: .user, id: "ada"), change: "replicas 1 -> 3")
            try await client.record([event], organizationID: "acme")
            for try await event in client.events(matching: QueryRequest(organizationID: "acme")) {
                print(event.change)
            }
            let request = SubscribeRequest(organizationID: "acme", start: .oldest)
            follow: for try await update in client.follow(request) {
                switch update {
                case .events(let events): for event in events { print(event.change) }
                case .disconnected(let error): print(error.message)
                case .caughtUp: break follow
                default: break
                }
            }
            await client.close()
            #expect(printed == ["replicas 1 -> 3", "replicas 1 -> 3"])
        }
    }
}
