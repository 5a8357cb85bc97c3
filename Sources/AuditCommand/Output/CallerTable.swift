import Codec

enum CallerTable {
    static func text(_ caller: GetCallerResponse, surface: Surface) -> String {
        switch surface.format {
        case .json: return JSONLine.text(caller.json())
        case .csv:
            let fields = fields(caller)
            return surface.csv.record(fields.map(\.name))
                + surface.csv.record(fields.map(\.value))
        case .table:
            return fields(caller).map {
                surface.style.paint(DisplayWidth.pad($0.name, to: 16), .dim)
                    + SafeText.line($0.value) + "\n"
            }.joined()
        }
    }

    private static func fields(_ caller: GetCallerResponse) -> [(name: String, value: String)] {
        [
            ("Known by", caller.credential.name), ("Id", caller.id), ("Name", caller.name),
            ("Roles", caller.roles.map(\.name).joined(separator: ", ")),
            (
                "Organizations",
                caller.organizationIDs.isEmpty
                    ? "all" : caller.organizationIDs.joined(separator: ", ")
            ),
            ("Until", caller.expiresAt?.rfc3339 ?? "without end"),
        ]
    }
}
