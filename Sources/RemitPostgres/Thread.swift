import Glibc

/// Runs `body` on a thread of its own: for what blocks, which Swift's own threads must never do.
func startThread(_ body: @escaping @Sendable () -> Void) throws(PostgresError) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let box = Unmanaged.passRetained(Box(body))
  var thread = pthread_t()
  let status = pthread_create(
    &thread, nil,
    { pointer in
      if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
      return nil
    }, box.toOpaque())
  guard status == 0 else {
    box.release()
    throw PostgresError(.unreachable, "no thread could be started: \(String(cString: strerror(status)))")
  }
  pthread_detach(thread)
}
