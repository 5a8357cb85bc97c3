/// What the live feed may take of memory and work.
package struct FeedLimits: Hashable, Sendable {
    /// Events that the ring keeps at the most. 65,536: a minute at 1,000 events a second, so that a
    /// dashboard that stalls for seconds never costs a read of the disk.
    package var ringEventsMax: Int
    /// Bytes that the ring keeps at the most, in case events are large. 64 MiB.
    package var ringBytesMax: Int
    /// Subscriptions at the most, over all organizations. 10,000.
    package var subscriptionsMax: Int

    package init(
        ringEventsMax: Int = 65_536, ringBytesMax: Int = 64 << 20, subscriptionsMax: Int = 10_000
    ) {
        precondition(ringEventsMax > 0 && ringBytesMax > 0 && subscriptionsMax > 0)
        self.ringEventsMax = ringEventsMax
        self.ringBytesMax = ringBytesMax
        self.subscriptionsMax = subscriptionsMax
    }
}
