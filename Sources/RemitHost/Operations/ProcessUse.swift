import FoundationEssentials
import Glibc

/// What this process takes of the machine, from /proc, under the names that Prometheus' own clients use.
struct ProcessUse {
  let cpuSeconds: Double
  let residentBytes: Int
  let openFiles: Int
  let openFilesMax: Int

  static var current: ProcessUse {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // Where /proc is not mounted these are 0.
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap {
      Int($0)
    }
    let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return ProcessUse(
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), residentBytes: (pages ?? 0) * Int(getpagesize()),
      openFiles: files?.count ?? 0, openFilesMax: Int(clamping: limit.rlim_cur))
  }

  func write(to text: inout PrometheusText, startedAt: Double) {
    text.metric("process_cpu_seconds_total", .counter, "Processor time.")
    text.sample("process_cpu_seconds_total", [:], cpuSeconds)
    text.gauge("process_resident_memory_bytes", "Memory.", residentBytes)
    text.gauge("process_open_fds", "Open files, connections among them.", openFiles)
    text.gauge("process_max_fds", "Files that may be open.", openFilesMax)
    text.gauge("process_start_time_seconds", "When it started, in seconds since 1970.", startedAt)
  }
}
