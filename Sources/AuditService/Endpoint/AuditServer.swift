import Access
import AuditModel
import AuditRPC
import Codec
import EventStore
package import Logging
import NIOCore
import RPCServices
import ServiceLifecycle
import Subscribe

/// A whole server: the store, the recorder, the feed and the endpoint, from open to drain.
package final class AuditServer: Service {
    /// Of this program, as `auditrpc --version` prints it.
    package static let version = "0.1.0"

    private let configuration: AuditServerConfiguration
    private let store: EventStore
    private let recorder: Recorder<RecordTicket>
    private let feed: Feed<SubscriberReference>
    private let reads: ReadPool
    private let indexer: Indexer
    private let retention: RetentionOffice
    private let tokens: TokenOffice
    private let tracer: ReadTracer
    private let snapshots: SnapshotOffice
    let server: RPCServer
    /// What there are descriptors for.
    package let gatewayConnectionsMax: Int
    let calls: OpenCalls
    let authenticator: Authenticator
    let accessFiles: AccessFiles?
    /// Looks at the signatures of JWTs.
    private let verifiers: WorkPool
    private let health: ServerHealth
    private let upkeep: Upkeep
    let logger: Logger

    /// Opens the store, recovers what a crash left, and listens. Serves from then on; `run` waits
    /// for the end.
    ///
    /// - Throws: with a message for the operator: the folder is in use or damaged, the port is taken.
    package static func open(
        _ configuration: AuditServerConfiguration, logger: Logger
    ) async throws -> AuditServer {
        let listeners = try listeners(of: configuration)
        let accessFiles = try await accessFiles(of: configuration)
        let opening = ContinuousClock.now
        let (store, report) = try EventStore.open(
            StoreConfiguration(
                directory: configuration.dataDirectory, terms: EventTerms.extractor,
                logBytesMax: configuration.logBytesMax, openedAt: .now,
                bytesMax: configuration.bytesMax))
        logger.info(
            "store opened",
            metadata: [
                "folder": "\(configuration.dataDirectory)", "events": "\(report.events)",
                "segments": "\(report.segments)", "logs": "\(report.logs)",
                "took": "\(ContinuousClock.now - opening)",
            ])
        if let torn = report.tornTail {
            logger.warning(
                "an unfinished write of the last run was cut off; nothing that was answered is lost",
                metadata: [
                    "file": "\(torn.file)", "offset": "\(torn.offset)", "bytes": "\(torn.bytes)",
                ])
        }
        if let restoration = report.restoration { say(restoration, logger) }
        do {
            let sequences = try SequenceBook(
                store: store, file: SequenceFile(in: configuration.dataDirectory))
            let retention = try RetentionOffice(
                store: store, sequences: sequences, dataDirectory: configuration.dataDirectory,
                configured: configuration.retention)
            let tokens = try TokenOffice(TokenFile(in: configuration.dataDirectory), now: .now)
            do {
                let quotas = try QuotaOffice(
                    QuotaFile(in: configuration.dataDirectory), tokens: tokens.directory)
                return try await AuditServer(
                    configuration, listeners, accessFiles, store, sequences, retention, tokens,
                    quotas,
                    logger)
            } catch {
                tokens.discardFirstToken()
                throw error
            }
        } catch {
            store.close()
            throw error
        }
    }

    private init(
        _ configuration: AuditServerConfiguration, _ listeners: RPCListeners,
        _ accessFiles: AccessFiles?, _ store: EventStore, _ sequences: SequenceBook,
        _ retention: RetentionOffice, _ tokens: TokenOffice, _ quotas: QuotaOffice,
        _ logger: Logger
    ) async throws {
        let limits = configuration.limits
        let report: @Sendable (ServiceError) -> Void = { error in
            guard let cause = error.cause else { return }
            logger.error("\(error.message)", metadata: ["cause": "\(cause)"])
        }
        let reads = ReadPool(limits: limits)
        let feed = Feed<SubscriberReference>(
            store: store, sequences: sequences, limits: limits,
            feedLimits: configuration.feedLimits, seal: { SharedMessage($0) }, report: report,
            woken: { wakes in
                CallReference.deliver(wakes, to: { $0.waker.call }, SubscribeCall.wake)
            })
        let health = ServerHealth(store: store)
        let indexer = Indexer(store: store)
        let recorder = Recorder<RecordTicket>(
            store: store, sequences: sequences, limits: limits,
            now: { store.believedNow(now: .now, uptime: .sinceStart) },
            published: { batch in
                feed.publish(batch)
                indexer.recorded(batch.count)
            },
            answered: { jobs in
                if Self.reportRefusal(jobs, report) { health.update() }
                RecordEntrance.deliver(jobs)
            })
        let startedAt = Timestamp.now
        let entrance = RecordEntrance(
            recorder: recorder, limits: limits, now: { .now },
            ids: EventIDSource())
        let events = ServerEvents(entrance: entrance)
        let tracer = ReadTracer(
            isOn: configuration.tracesReads, logger: logger, record: events.record)
        let endpoint = AuditLogEndpoint(
            entrance: entrance,
            feed: feed, store: store, sequences: sequences, reads: reads, limits: limits,
            tracer: tracer,
            compresses: configuration.compressesAnswers,
            status: { [configuration] organizationID, reach in
                let body = { @Sendable (_: ReadControl) throws(ServiceError) in
                    try Self.status(
                        store, sequences, retention, configuration, of: organizationID,
                        startedAt: startedAt)
                }
                let end = ContinuousClock.now.advanced(by: limits.readTime)
                // That of the whole server is answered also when all who read are busy: it looks for nothing.
                var status =
                    organizationID.isEmpty
                    ? try body(ReadControl(end: end)) : try await reads.run(until: end, body)
                guard reach == .all else { return status }
                status.subscriberCount = UInt32(feed.hub.subscriptionCount)
                status.store = StoreStatus(store.figures, bytesMax: configuration.bytesMax)
                status.feed = await feed.status(now: .now) { sequence in
                    try? await reads.run(until: .now.advanced(by: .seconds(1))) { _ in
                        store.recordedAt(sequence)
                    }
                }
                return status
            }, report: report)
        let authenticator = Authenticator(
            tokens: tokens.directory, local: configuration.localAccess)
        if let content = accessFiles?.atStart {
            authenticator.replace(content.rules, content.keys)
        }
        let calls = OpenCalls()
        let verifiers = WorkPool(threads: 1, waitingMax: AccessLimits.verificationsMax)
        let gate = AccessGate(
            authenticator: authenticator, quotas: quotas.directory, calls: calls,
            verifiers: verifiers, refused: RefusalLog(logger: logger).note)
        var router = RPCRouter(gate: gate.gate)
        endpoint.register(with: &router)
        let snapshots = SnapshotOffice(
            store: store, dataDirectory: configuration.dataDirectory, limits: limits)
        AdministrationEndpoint(
            retention: retention, tokens: tokens, quotas: quotas, snapshots: snapshots,
            reads: reads, events: events, endCalls: calls.endRefused,
            limits: limits, logger: logger
        ).register(with: &router)
        router.addGenericServices(health: health.service, descriptors: .contract)
        do {
            let descriptors = DescriptorShares(
                all: FileDescriptors.raiseLimit(), reserved: ServiceLimits.reservedDescriptors,
                gatewayConnections: configuration.gatewayConnectionsMax)
            gatewayConnectionsMax = descriptors.gatewayConnectionsMax
            server = try await Self.listen(
                on: listeners, router, descriptors,
                connectionAgeMax: configuration.connectionAgeMax, logger)
        } catch {
            recorder.stop()
            feed.stop()
            indexer.stop()
            snapshots.stop()
            await reads.stop()
            await verifiers.stop()
            throw error
        }
        (self.configuration, self.store, self.logger) = (configuration, store, logger)
        (self.recorder, self.feed, self.reads) = (recorder, feed, reads)
        self.indexer = indexer
        self.health = health
        self.retention = retention
        self.tokens = tokens
        self.tracer = tracer
        self.calls = calls
        (self.authenticator, self.accessFiles, self.verifiers) = (
            authenticator, accessFiles, verifiers
        )
        calls.belong(to: server)
        self.snapshots = snapshots
        upkeep = Upkeep(
            store: store, sequences: sequences, sweepInterval: configuration.sweepInterval,
            logger: logger)
    }

    private static func say(_ restoration: Restoration, _ logger: Logger) {
        logger.warning(
            """
            the store was restored from a snapshot: what was recorded after it is not here, and its \
            sequences are not given out again
            """,
            metadata: [
                "snapshot_taken": "\(restoration.createdAt.rfc3339)", "head": "\(restoration.head)",
                "skipped": "\(restoration.skipped)", "next_sequence": "\(restoration.next)",
            ])
        guard restoration.clockIsWrong else { return }
        logger.warning(
            """
            the system clock is wrong, or was when the snapshot was taken: another store that is \
            restored from it may give out the same sequences
            """,
            metadata: ["snapshot_taken": "\(restoration.createdAt.rfc3339)"])
    }

    /// The addresses it listens on, with the ports that the system chose.
    package var addresses: [ListenAddress] { server.boundAddresses.map(ListenAddress.init) }

    /// The age that events may reach by default, by the policy in force; nil for any.
    package var retentionByDefault: Duration? {
        retention.policies.retention(of: "").policy.maxAge
    }

    /// The secret of the operator's token that was made because the store had none: to be shown once.
    package var firstToken: String? { tokens.firstToken }

    /// Looks now, rather than within seconds, for certificates and access rules that were replaced.
    package func checkFiles() async {
        await server.checkCertificates()
        await checkAccess()
    }

    /// Hides what retention lets go and has the files looked after, until a graceful shutdown or a
    /// cancellation; then drains and closes.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var seconds = 0
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                // Feeds ask for the bounds on their event loops, which may not read the disk.
                self.store.hideExpired(now: .now, uptime: .sinceStart)
                self.store.lookForRoom()
                self.health.update()
                self.upkeep.tick(uptime: .sinceStart)
                self.calls.endExpired(now: .now)
                await self.tracer.tell()
                seconds += 1
                if seconds.isMultiple(of: ServiceLimits.accessCheckSeconds) {
                    await self.checkAccess()
                }
            }
        }
        await stop()
    }

    /// Lets calls under way finish, stores what was taken, and closes the store.
    private func stop() async {
        logger.info("draining", metadata: ["connections": "\(server.connectionCount)"])
        health.service.end()
        await server.drain(
            timeout: .nanoseconds(configuration.drainTime.nanosecondsSaturating))
        await tracer.tell(all: true)
        recorder.stop()
        feed.stop()
        indexer.stop()
        await reads.stop()
        await verifiers.stop()
        snapshots.stop()
        upkeep.stop()
        // Only now does nobody answer calls any more, and the event loops may go.
        await server.shutdown()
        calls.belong(to: nil)
        store.close()
        logger.info("stopped", metadata: ["connections": "\(server.counters)"])
    }

    /// One log line a group commit that failed, however many requests it held. False when none did.
    private static func reportRefusal(
        _ jobs: [RecordJob<RecordTicket>], _ report: (ServiceError) -> Void
    ) -> Bool {
        for job in jobs {
            if case .failure(let error) = job.outcome, error.cause != nil {
                report(error)
                return true
            }
        }
        return false
    }

    private static func status(
        _ store: EventStore, _ sequences: SequenceBook, _ retention: RetentionOffice,
        _ configuration: AuditServerConfiguration, of organizationID: String,
        startedAt: Timestamp
    ) throws(ServiceError) -> GetStatusResponse {
        let isWhole = organizationID.isEmpty
        let reader = ReaderSequences(
            store: store, book: sequences,
            organization: isWhole ? nil : Array(organizationID.utf8))
        let bounds = store.currentBounds(of: reader.organization)
        return GetStatusResponse(
            headSequence: try reader.newest(),
            oldestSequence: try reader.oldest(from: bounds.oldest),
            // Of one organization these would be counts of all that lies between.
            eventCount: isWhole ? UInt64(bounds.events) : 0,
            storedBytes: isWhole ? UInt64(bounds.bytes) : 0,
            retention: retention.policies.retention(of: organizationID).policy.effectiveAge,
            version: configuration.version, startedAt: startedAt,
            refusingWrites: store.writeRefusal ?? "")
    }
}
