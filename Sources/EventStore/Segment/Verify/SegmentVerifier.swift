import AuditModel

/// Reads all of a segment and compares what is in it with itself: every checksum, and every index
/// with the events.
package struct SegmentVerifier {
    private let resources: SegmentResources
    private let terms: TermExtractor

    /// - Parameter terms: the terms of a segment that was written with others are not compared.
    package init(_ resources: SegmentResources, terms: TermExtractor) {
        self.resources = resources
        self.terms = terms
    }

    /// Goes on behind what is damaged; at most `Limits.findingsMax` findings. Reads past the cache.
    ///
    /// - Parameter isCancelled: asked between blocks.
    package func verify(
        _ path: String, isCancelled: () -> Bool = { false }
    ) -> SegmentReport {
        var report = SegmentReport()
        let segment: Segment
        do throws(StoreError) {
            // Of its own cache: what is verified is the disk.
            let past = SegmentResources(
                fileSystem: resources.fileSystem, cacheBytesMax: 0, openFilesMax: 1)
            segment = try Segment.open(path, past)
        } catch {
            report.add(error)
            return report
        }
        report.bounds = segment.bounds
        let builder = IndexBuilder(
            first: segment.bounds.sequences.first, secret: segment.file.header.salt, terms: terms)
        var hashes = FlatArray<UInt64>()
        readDictionaries(of: segment, &report)
        let events = report.findings.count
        guard readEvents(of: segment, builder, &hashes, &report, isCancelled) else {
            report.isComplete = false
            return report
        }
        // Without all events there is nothing to compare with: then checksums are all that counts.
        let isWhole = report.findings.count == events
        IndexVerifier(
            segment: segment, builder: isWhole ? builder : nil,
            knowsTerms: segment.termsVersion == terms.version
        ).run(hashes, &report)
        return report
    }

    /// Both copies: a reader would not notice that one is gone.
    private func readDictionaries(of segment: Segment, _ report: inout SegmentReport) {
        guard segment.footer.dictionaryChecksum != 0 else { return }
        for part in [SegmentPart.dictionary, .dictionaryCopy] {
            report.check { () throws(StoreError) in _ = try segment.readDictionary(part) }
        }
    }

    /// False when it was cancelled.
    private func readEvents(
        of segment: Segment, _ builder: IndexBuilder, _ hashes: inout FlatArray<UInt64>,
        _ report: inout SegmentReport, _ isCancelled: () -> Bool
    ) -> Bool {
        let index: [BlockIndex.Entry]
        do throws(StoreError) {
            index = try segment.blockIndex()
        } catch {
            report.add(error)
            return true
        }
        var recordedAt = segment.bounds.recordedAt.lowerBound
        for entry in index {
            guard !isCancelled(), report.findings.count < Limits.findingsMax else { return false }
            do throws(StoreError) {
                let block = try segment.readBlock(entry)
                for number in 0..<block.count {
                    let isInOrder = block.withEvent(at: number) { event in
                        defer { recordedAt = event.recordedAt }
                        hashes.append(
                            IdentifierTable.hash(
                                organization: event.organization, id: event.id,
                                salt: segment.file.header.salt))
                        builder.add(event)
                        return recordedAt <= event.recordedAt
                            && event.recordedAt <= segment.bounds.recordedAt.upperBound
                    }
                    guard isInOrder else {
                        throw segment.file.damaged(
                            "have times that do not increase",
                            Piece(offset: entry.offset, length: 0), .events)
                    }
                }
                report.events += block.count
            } catch {
                report.add(error)
            }
        }
        return true
    }
}

/// What a verification found.
package struct SegmentReport: Sendable {
    /// Nil when the segment cannot be opened.
    package var bounds: SegmentBounds?
    /// That were read and are whole.
    package var events = 0
    package var findings: [Finding] = []
    /// False when it was cancelled, or there were more findings than are kept.
    package var isComplete = true

    package var isWhole: Bool { isComplete && findings.isEmpty }

    package struct Finding: Sendable {
        package var part: String
        /// `damaged` with its place, or why it could not be read.
        package var error: StoreError
    }

    mutating func add(_ error: StoreError) {
        guard findings.count < Limits.findingsMax else {
            isComplete = false
            return
        }
        findings.append(Finding(part: error.damage?.part ?? "the file", error: error))
    }

    mutating func check(_ body: () throws(StoreError) -> Void) {
        do throws(StoreError) { try body() } catch { add(error) }
    }
}
