import Glibc

/// Ends the program with a message.
func fail(_ message: String) -> Never {
    let line = "store-bench: \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(1)
}

/// Says a figure as bench.py reads it: a line of its name and its values.
func say(_ name: String, _ values: Double...) {
    print(name, values.map { String($0) }.joined(separator: " "))
    fflush(nil)
}

/// Of this process: seconds in user code and in the kernel.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// What of this process is in memory, in bytes, without files that are mapped.
func residentBytes() -> Double {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    let pages = String(decoding: text, as: UTF8.self).split(separator: " ").compactMap {
        Double($0)
    }
    guard pages.count > 2 else { return 0 }
    return (pages[1] - pages[2]) * Double(sysconf(Int32(_SC_PAGESIZE)))
}

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

extension Duration {
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

extension [Double] {
    /// The value that so many percent are not above. The array is not empty.
    func percentile(_ percent: Int) -> Double {
        let sorted = self.sorted()
        return sorted[Swift.min(sorted.count - 1, sorted.count * percent / 100)]
    }
}
