import Codec

/// What is said of each service of a server, and who watches it.
struct HealthBoard<Watcher> {
    /// Names one watch of one board.
    struct WatchID: Hashable {
        /// Nil for a service that the server does not have.
        fileprivate var service: String?
        fileprivate var number: UInt64
    }

    private struct Entry {
        var status = ServingStatus.serving
        var watchers: [UInt64: Watcher] = [:]
    }

    private var entries: [String: Entry] = [:]
    private var watchCount = 0
    private var nextNumber: UInt64 = 0
    private var hasEnded = false
    private let watchersMax: Int

    init(watchersMax: Int) {
        self.watchersMax = watchersMax
    }

    /// Services that serve from now on. Before anybody watches: who watches an unknown name is not
    /// told when it becomes known.
    mutating func add(_ services: [String]) {
        for service in services where entries[service] == nil { entries[service] = Entry() }
    }

    /// Nil for a service that the server does not have.
    func status(of service: String) -> ServingStatus? { entries[service]?.status }

    var statuses: [String: ServingStatus] { entries.mapValues(\.status) }

    /// Nil when as many watch as may.
    mutating func watch(_ service: String, _ watcher: Watcher) -> WatchID? {
        guard watchCount < watchersMax else { return nil }
        watchCount += 1
        nextNumber += 1
        let isKnown = entries[service] != nil
        entries[service]?.watchers[nextNumber] = watcher
        return WatchID(service: isKnown ? service : nil, number: nextNumber)
    }

    /// Once for each watch.
    mutating func unwatch(_ id: WatchID) {
        watchCount -= 1
        if let service = id.service { entries[service]?.watchers[id.number] = nil }
    }

    /// Gives those who must be told. A server that has ended says nothing new.
    mutating func set(_ status: ServingStatus, of services: [String]) -> [Watcher] {
        hasEnded ? [] : change(services, to: status)
    }

    /// No service takes calls from here on. Gives those who must be told.
    mutating func end() -> [Watcher] {
        hasEnded = true
        return change(Array(entries.keys), to: .notServing)
    }

    private mutating func change(_ services: [String], to status: ServingStatus) -> [Watcher] {
        var told: [Watcher] = []
        for service in services where entries[service].map({ $0.status != status }) ?? false {
            entries[service]?.status = status
            told += entries[service]?.watchers.values.map { $0 } ?? []
        }
        return told
    }
}
