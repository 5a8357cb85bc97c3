import ArgumentParser
import AuditModel
import Codec

/// Whose quota, as it is typed.
struct QuotaSubjectOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Whose quota; or --token or --default.", valueName: "organization"))
    var organization: String?

    @Option(help: ArgumentHelp("The quota of one token, by its id.", valueName: "id"))
    var token: String?

    @Flag(
        name: .customLong("default"),
        help: "The default: that of every organization without its own.")
    var isDefault = false

    /// Throws `usage` unless just one is named.
    func request() throws(CommandError) -> SetQuotaRequest {
        let organizationID = organization ?? ""
        let tokenID = token ?? ""
        guard [isDefault, !organizationID.isEmpty, !tokenID.isEmpty].count(where: { $0 }) == 1
        else {
            throw CommandError(.usage, "name one organization, or give --token or --default")
        }
        return SetQuotaRequest(organizationID: organizationID, tokenID: tokenID)
    }
}

/// A quota as it is typed.
struct QuotaOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Events recorded; a second of them, 1,000 at least, may come at once.",
            valueName: "count"))
    var eventsPerSecond: UInt32?

    @Option(
        help: ArgumentHelp(
            "Bytes of events recorded; a day of them may come at once. As in 10GiB.",
            valueName: "bytes"))
    var bytesPerDay: String?

    @Option(help: ArgumentHelp("Subscribers at the same time.", valueName: "count"))
    var subscribers: UInt32?

    @Option(
        name: .customLong("query-ms-per-second"),
        help: ArgumentHelp(
            "Milliseconds of each second that queries may take.", valueName: "milliseconds"))
    var queryMillisPerSecond: UInt32?

    @Flag(help: "No limit at all, whatever the default is.")
    var unlimited = false

    /// Throws `usage` for what contradicts itself, or limits nothing.
    func quota() throws(CommandError) -> Quota {
        let bytes = try bytesPerDay.map { (text) throws(CommandError) in
            UInt64(try Setting(text, name: "--bytes-per-day").bytes())
        }
        let counts = [eventsPerSecond, subscribers, queryMillisPerSecond]
        guard !counts.contains(0) else {
            throw CommandError(
                .usage, "a limit is a number above 0; leave out what is not to be limited")
        }
        let isLimited = bytes != nil || counts.contains { $0 != nil }
        guard isLimited != unlimited else {
            throw CommandError(
                .usage,
                """
                give --unlimited, or some of --events-per-second, --bytes-per-day, --subscribers and \
                --query-ms-per-second
                """)
        }
        return Quota(
            eventsPerSecond: eventsPerSecond ?? 0, bytesPerDay: bytes ?? 0,
            subscribers: subscribers ?? 0, queryMillisPerSecond: queryMillisPerSecond ?? 0)
    }
}
