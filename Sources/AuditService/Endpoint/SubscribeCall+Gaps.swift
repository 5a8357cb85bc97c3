import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

/// What cannot be sent: the machine finds places of the log that are gone, and the reader is told which of his
/// sequences are.
extension SubscribeCall {
    /// Those places of the log hold nothing that can be sent: says what of the reader's is gone with them.
    func skip(
        _ places: SequenceRange, _ reason: FollowMachine.GapReason, _ following: Following,
        _ call: ServerCall
    ) {
        let organization = following.follower.organization
        if let border = feed.knownBorder(of: places, in: organization) {
            return say(following.follower.skip(places, border), reason, following, call)
        }
        let reference = reference(of: call)
        following.activity = .skipping(
            feed.findBorder(of: places, in: organization) { border in
                reference.call.execute { call in
                    reference.handler.value.skip(places, border, reason, call)
                }
            })
    }

    private func skip(
        _ places: SequenceRange, _ border: Result<FeedBorder, ServiceError>,
        _ reason: FollowMachine.GapReason, _ call: ServerCall
    ) {
        guard case .following(let following) = state, case .skipping = following.activity else {
            return
        }
        following.activity = .none
        switch border {
        case .success(let border):
            say(following.follower.skip(places, border), reason, following, call)
            pump(call)
        case .failure(let error):
            end(error, call)
        }
    }

    private func say(
        _ gap: Follower.Gap?, _ reason: FollowMachine.GapReason, _ following: Following,
        _ call: ServerCall
    ) {
        following.gauge.move(to: following.follower.place)
        switch gap {
        case nil: break
        case .fail(let gone): end(Self.failure(gone, reason), call)
        case .say(let gone):
            feed.counters.countGap(gone)
            send(.gap(gone, reason: Self.describe(reason)), call)
        }
    }

    private static func describe(_ reason: FollowMachine.GapReason) -> String {
        switch reason {
        case .retention: "removed by retention"
        case .damage: "damaged on disk"
        case .restoration: "restored from a snapshot without them"
        }
    }

    private static func failure(
        _ gone: SequenceRange, _ reason: FollowMachine.GapReason
    ) -> ServiceError {
        let range = "sequences \(gone.first) to \(gone.last)"
        switch reason {
        case .retention:
            return ServiceError(
                .outOfRange,
                "\(range) are no longer kept; start at the oldest, or ask for on_gap CONTINUE")
        case .damage:
            return ServiceError(
                .dataLoss,
                "\(range) are damaged on disk; ask for on_gap CONTINUE to go on behind them")
        case .restoration:
            return ServiceError(
                .outOfRange,
                "\(range) were passed over when the log was restored from a snapshot: what was stored "
                    + "there is not here; ask for on_gap CONTINUE to go on behind them")
        }
    }
}
