import AuditModel
import Foundation

/// What a command takes from outside its arguments.
enum Environment {
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec)) ?? .epoch
    }
}
