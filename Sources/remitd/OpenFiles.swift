import Glibc

enum OpenFiles {
  /// As many as the system allows this process: every connection is one, and the customary limit of 1024 is soon reached.
  static func raiseLimit() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // Where it cannot be raised it stays as it was.
    _ = setrlimit(files, &limit)
  }
}
