/// What the services may take of memory.
package struct RPCServiceLimits: Hashable, Sendable {
    /// Calls of Health/Watch at once: as many as connections, since each client of a server watches
    /// it once. An idle one costs its stream and a hundred bytes.
    package var healthWatchersMax = 10_000
    /// Bytes of one question of reflection: names of files and symbols are far shorter, and the
    /// answer repeats it.
    package var reflectionRequestBytesMax = 4 << 10

    package init() {}
}
