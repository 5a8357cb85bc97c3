import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct CallerTableTests {
    private func text(_ caller: GetCallerResponse, _ format: OutputFormat) -> String {
        CallerTable.text(
            caller, surface: Surface(format: format, terminalColumns: nil, style: .plain))
    }

    private let viewer = GetCallerResponse(
        credential: .apiToken, id: "t-1", name: "page\u{1B}", roles: [.viewer, .reader],
        organizationIDs: ["acme", "globex"],
        expiresAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 0),
        bounds: EventFilter(targetIDs: ["web"]))

    @Test func aPersonReadsFields() {
        #expect(
            text(viewer, .table) == """
                Known by        API_TOKEN
                Id              t-1
                Name            page\\u001b
                Roles           VIEWER, READER
                Organizations   acme, globex
                Until           2023-11-14T22:13:20Z

                """)
    }

    @Test func whoMaySeeAllHasNoList() {
        let text = text(GetCallerResponse(credential: .local, roles: [.operator]), .table)
        #expect(text.contains("Organizations   all\n"))
        #expect(text.contains("Until           without end\n"))
    }

    @Test func aScriptReadsOneLine() {
        #expect(
            text(viewer, .json) == """
                {"credential":"API_TOKEN","id":"t-1","name":"page\\u001b","roles":["viewer","reader"],\
                "organizations":["acme","globex"],"expires_at":"2023-11-14T22:13:20Z",\
                "bounds":{"target_ids":["web"]}}

                """)
    }
}
