import Codec
import EventStore

extension StoreStatus {
    init(_ figures: StoreFigures, bytesMax: Int?) {
        self.init()
        segmentCount = UInt64(figures.segments)
        logCount = UInt64(figures.logs)
        segmentBytes = UInt64(figures.segmentBytes)
        logBytes = UInt64(figures.logBytes)
        sealedEventCount = UInt64(figures.sealedEvents)
        sealedEventBytes = UInt64(figures.sealedEventBytes)
        sealableLogCount = UInt64(figures.sealableLogs)
        damagedLogCount = UInt64(figures.damagedLogs)
        maxBytes = UInt64(bytesMax ?? 0)
        droppedEventCount = UInt64(figures.totals.droppedEvents)
        droppedBytes = UInt64(figures.totals.droppedBytes)
        lastSweepAt = figures.totals.sweptAt
        sweptEventCount = UInt64(figures.totals.sweptEvents)
        sweptBytes = UInt64(figures.totals.sweptBytes)
        lostEventCount = figures.lostEvents
    }
}
