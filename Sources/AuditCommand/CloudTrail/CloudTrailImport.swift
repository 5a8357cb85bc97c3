import AuditClient
import AuditModel
import Codec
import Glibc

/// Maps files of records and sends them, saying how far it is.
struct CloudTrailImport {
    struct Summary: Hashable, Sendable {
        var read = 0
        var tally = UploadTally()
        /// Files and records that could not be read, and records that the server refused.
        var refused = 0

        var text: String { "\(read) records read, " + tally.text(refused: refused) }
    }

    /// What was imported, and what ended it before its end.
    struct Outcome {
        var summary: Summary
        var failure: (any Error)?
    }

    let mapping: CloudTrailMapping
    let paths: [String]

    /// A file or record that can't be read is named and passed over; the others are stored.
    func run(client: AuditLogClient) async -> Outcome {
        let complaints = Complaints()
        let uploader = Uploader(client: client, organizationID: "") { batch, results in
            complaints.add(refusalsOf: batch, results)
        }
        let columns = Terminal.columns(STDERR_FILENO)
        var summary = Summary()
        var failure: (any Error)?
        do {
            try await upload(through: uploader, complaints, &summary, columns)
        } catch {
            failure = error
        }
        if columns != nil { try? StandardStream.error.write("\n") }
        complaints.finish()
        summary.tally = uploader.tally
        summary.refused = complaints.total
        return Outcome(summary: summary, failure: failure)
    }

    private func upload(
        through uploader: Uploader, _ complaints: Complaints, _ summary: inout Summary,
        _ columns: Int?
    ) async throws {
        var batch = UploadBatch()
        for (index, path) in paths.enumerated() {
            draw(index, path, summary, columns)
            let records: [JSONValue]
            do throws(CommandError) {
                records = try CloudTrailFiles.records(path: path)
            } catch {
                complaints.add(error.message)
                continue
            }
            for (number, record) in records.enumerated() {
                summary.read += 1
                let origin = "\(SafeText.line(path)): record \(number + 1)"
                do throws(CloudTrailMapping.Fault) {
                    let event = try mapping.event(from: record)
                    batch.append(event, origin: origin, bytes: event.encoded().count)
                } catch {
                    complaints.add("\(origin): \(error.message)")
                    continue
                }
                guard batch.isFull else { continue }
                try await uploader.send(batch)
                batch = UploadBatch()
            }
        }
        try await uploader.send(batch)
        try await uploader.finish()
        draw(paths.count, "", summary, columns)
    }

    private func draw(_ done: Int, _ path: String, _ summary: Summary, _ columns: Int?) {
        guard let columns else { return }
        let line = ProgressBar.line(
            fraction: Double(done) / Double(max(paths.count, 1)),
            text: "\(done)/\(paths.count) files, \(summary.read) records \(path)",
            columns: columns)
        try? StandardStream.error.write(ProgressBar.redraw(line))
    }
}
