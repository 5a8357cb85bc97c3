import ArgumentParser
import Logging

/// The levels of swift-log, as they are typed.
struct LogLevel: ExpressibleByArgument, Hashable {
    var level: Logger.Level

    static let info = LogLevel(level: .info)

    private init(level: Logger.Level) { self.level = level }

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument.lowercased()) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}
