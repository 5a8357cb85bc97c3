import CMalloc
import EventStore
import Logging

/// Does what the plan says, and says what came of it.
struct UpkeepWorker {
    let store: EventStore
    let sequences: SequenceBook
    let logger: Logger

    func run(_ task: UpkeepPlan.Task) -> UpkeepPlan.Outcome {
        switch task {
        case .sweep:
            // Each whether the other failed or not.
            let outcome = Self.sum(of: [sweep(), drop()])
            tellStall()
            return outcome
        case .seal: return seal()
        case .reindex: return reindex()
        case .drop: return drop()
        case .end: return .nothingToDo
        }
    }

    private static func sum(of outcomes: [UpkeepPlan.Outcome]) -> UpkeepPlan.Outcome {
        if outcomes.contains(.failed) { return .failed }
        return outcomes.contains(.done) ? .done : .nothingToDo
    }

    private func sweep() -> UpkeepPlan.Outcome {
        let report: ExpiryReport
        do throws(StoreError) {
            report = try store.expire(
                now: .now, uptime: .sinceStart, before: sequences.remember)
        } catch {
            guard error.code != .closed else { return .nothingToDo }
            logger.error(
                "the retention sweep failed; the next one tries again",
                metadata: ["cause": "\(error)"])
            return .failed
        }
        if report.clockHeldBack > .zero {
            logger.warning(
                "the system clock runs ahead of the time that passed; retention waits for it",
                metadata: ["ahead": "\(report.clockHeldBack)"])
        }
        guard report.files + report.rewritten > 0 else { return .nothingToDo }
        logger.info(
            "retention removed events",
            metadata: [
                "events": "\(report.events)", "files": "\(report.files)",
                "rewritten": "\(report.rewritten)", "bytes": "\(report.bytes)",
                "oldest": "\(report.oldest)",
            ])
        return .done
    }

    private func drop() -> UpkeepPlan.Outcome {
        do throws(StoreError) {
            guard let report = try store.dropExcess(before: sequences.remember)
            else { return .nothingToDo }
            logger.warning(
                "the size cap removed events before their time: the store is larger than --max-bytes",
                metadata: [
                    "events": "\(report.events)", "bytes": "\(report.bytes)",
                    "files": "\(report.files)", "rewritten": "\(report.rewritten)",
                    "oldest": "\(report.oldest)",
                    "events_since_start": "\(store.figures.totals.droppedEvents)",
                ])
            return .done
        } catch {
            guard error.code != .closed else { return .nothingToDo }
            logger.error(
                "the size cap could not remove events; the next sweep tries again",
                metadata: ["cause": "\(error)"])
            return .failed
        }
    }

    /// Once a sweep, for as long as it is so.
    private func tellStall() {
        guard let stall = store.excessStall else { return }
        logger.error(
            """
            the store stays larger than --max-bytes: what is under legal hold or damaged leaves \
            nothing whose removal would help
            """,
            metadata: [
                "bytes": "\(stall.bytes)", "bytes_max": "\(stall.bytesMax)",
                "held_bytes": "\(stall.heldBytes)", "damaged_bytes": "\(stall.damagedBytes)",
            ])
    }

    /// A seal uses tens of mebibytes for a second, in pieces whose pages glibc keeps for next time: about
    /// half of what the process then has. Only once the last one is done, because pages that are given
    /// back and taken again cost the committer time.
    private func giveBackMemory() { malloc_trim(0) }

    private func seal() -> UpkeepPlan.Outcome {
        let beginning = ContinuousClock.now
        do throws(StoreError) {
            guard let report = try store.seal() else { return .nothingToDo }
            logger.info(
                "a log was sealed",
                metadata: [
                    "sequences": "\(report.sequences)", "log_bytes": "\(report.logBytes)",
                    "segment_bytes": "\(report.segmentBytes)",
                    "took": "\(ContinuousClock.now - beginning)",
                ])
            if !store.hasSealable { giveBackMemory() }
            return .done
        } catch {
            return failed(
                error,
                forEver:
                    "a log cannot be sealed and stays as it is; what can be read of it is served",
                forNow: "a log could not be sealed; it is tried again after the next sweep")
        }
    }

    private func reindex() -> UpkeepPlan.Outcome {
        do throws(StoreError) {
            guard let report = try store.reindex() else { return .nothingToDo }
            logger.info(
                "a segment of an older version was indexed anew",
                metadata: [
                    "sequences": "\(report.sequences)", "bytes_before": "\(report.bytesBefore)",
                    "bytes": "\(report.bytes)",
                ])
            if !store.hasOutdatedIndex { giveBackMemory() }
            return .done
        } catch {
            return failed(
                error,
                forEver: """
                    a segment cannot be indexed anew and stays as it is; \
                    what can be read of it is served
                    """,
                forNow:
                    "a segment could not be indexed anew; it is tried again after the next sweep")
        }
    }

    /// What a seal or a reindex that failed means: damage is never tried again.
    private func failed(
        _ error: StoreError, forEver: Logger.Message, forNow: Logger.Message
    ) -> UpkeepPlan.Outcome {
        switch error.code {
        case .closed: return .nothingToDo
        case .damaged:
            logger.error(forEver, metadata: ["cause": "\(error)"])
            return .done
        default:
            logger.error(forNow, metadata: ["cause": "\(error)"])
            return .failed
        }
    }
}
