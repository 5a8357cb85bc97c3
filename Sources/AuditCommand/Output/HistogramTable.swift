import AuditModel
import Codec

/// Buckets of time with their counts, the earliest first.
enum HistogramTable {
    static func text(_ response: HistogramResponse, surface: Surface) -> String {
        switch surface.format {
        case .json: return JSONLine.text(response.json())
        case .csv:
            let columns = columns(of: response)
            return surface.csv.record(["start", "count"] + columns.map(\.title))
                + response.counts.indices.map { bucket in
                    surface.csv.record(
                        [response.start(ofBucket: bucket).rfc3339, String(response.counts[bucket])]
                            + columns.map { String($0.counts[bucket]) })
                }.joined()
        case .table: return table(response, surface: surface)
        }
    }

    /// What the events of a bucket are split into.
    private struct Split {
        var title: String
        var counts: [UInt64]
    }

    private static func columns(of response: HistogramResponse) -> [Split] {
        let series = response.series.map { one in
            Split(
                title: one.type.isEmpty ? one.value : "\(one.type)=\(one.value)",
                counts: one.counts)
        }
        guard !response.otherCounts.isEmpty else { return series }
        return series + [Split(title: "(others)", counts: response.otherCounts)]
    }

    // MARK: The table

    /// Of a bar: where there is no terminal, at the least and at the most.
    private static let barColumns = 40
    private static let barColumnsMin = 8
    private static let barColumnsMax = 80

    private static func table(_ response: HistogramResponse, surface: Surface) -> String {
        let splits = columns(of: response)
        var rows = [
            [Table.Cell("TIME", .dim), Table.Cell("COUNT", .dim)]
                + splits.map { Table.Cell($0.title, .dim) }
        ]
        for bucket in response.counts.indices {
            rows.append(
                [
                    Table.Cell(response.start(ofBucket: bucket).rfc3339),
                    Table.Cell(String(response.counts[bucket]), .bold),
                ]
                    + splits.map {
                        Table.Cell($0.counts[bucket] == 0 ? "" : String($0.counts[bucket]))
                    })
        }
        rows.append(
            [Table.Cell("(all of them)"), Table.Cell(String(response.totalCount), .bold)]
                + splits.map { Table.Cell(String($0.counts.reduce(0, &+))) })
        let barColumns = barColumns(beside: rows, terminalColumns: surface.terminalColumns)
        let most = response.counts.max() ?? 0
        for row in rows.indices {
            let bucket = row - 1
            let count = response.counts.indices.contains(bucket) ? response.counts[bucket] : 0
            rows[row].append(
                Table.Cell(BlockBar.text(count, of: most, columns: barColumns), .green))
        }
        // The most frequent values stay where a terminal is too narrow for all.
        let columns =
            [Table.Column("", min: 20, usual: 20), Table.Column("", min: 8, usual: 8)]
            + splits.indices.map { Table.Column("", min: 6, usual: 8, rank: splits.count - $0) }
            + [Table.Column("", min: barColumns, usual: barColumns)]
        let table = Table(
            columns: columns, fitting: rows, terminalColumns: surface.terminalColumns,
            style: surface.style)
        return rows.map(table.render).joined(separator: "\n") + "\n"
    }

    /// What a terminal leaves to the bars.
    private static func barColumns(
        beside rows: [[Table.Cell]], terminalColumns: Int?
    ) -> Int {
        guard let terminalColumns else { return barColumns }
        let others = (rows.first ?? []).indices.reduce(0) { used, column in
            used + (rows.map { DisplayWidth.of($0[column].text) }.max() ?? 0) + Table.gapColumns
        }
        return min(max(terminalColumns - others, barColumnsMin), barColumnsMax)
    }
}
