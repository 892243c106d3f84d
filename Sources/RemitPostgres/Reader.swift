import CPostgres
import Glibc
import Synchronization

/// The thread that waits for all connections' sockets and answers who waits for them.
final class Reader: Sendable {
  static let shared = Reader()

  private let epoll: Int32
  private let connections = Mutex<[Int32: Connection]>([:])
  private let started = Mutex(false)

  private init() { epoll = epoll_create1(Int32(EPOLL_CLOEXEC)) }

  func add(_ connection: Connection) throws(PostgresError) {
    try started.withLock { started throws(PostgresError) in
      guard !started else { return }
      try startThread { self.receive() }
      started = true
    }
    connections.withLock { $0[connection.fileDescriptor] = connection }
    guard control(EPOLL_CTL_ADD, connection.fileDescriptor, EPOLLIN.rawValue) else {
      connections.withLock { $0[connection.fileDescriptor] = nil }
      throw PostgresError(.unreachable, "a socket could not be watched: \(String(cString: strerror(errno)))")
    }
  }

  func remove(_ connection: Connection) {
    let isWatched = connections.withLock { connections in
      guard connections[connection.fileDescriptor] === connection else { return false }
      connections[connection.fileDescriptor] = nil
      return true
    }
    if isWatched { _ = control(EPOLL_CTL_DEL, connection.fileDescriptor, 0) }
  }

  /// The connection has bytes that the socket did not take.
  func expectRoom(for connection: Connection) {
    _ = control(EPOLL_CTL_MOD, connection.fileDescriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue)
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) -> Bool {
    var event = epoll_event()
    event.events = events
    event.data.fd = descriptor
    return epoll_ctl(epoll, operation, descriptor, &event) == 0
  }

  private func receive() {
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    while true {
      let count = epoll_wait(epoll, &events, Int32(events.count), -1)
      guard count > 0 else { continue }
      for event in events[0..<Int(count)] {
        let descriptor = event.data.fd
        guard let connection = connections.withLock({ $0[descriptor] }) else { continue }
        let (keepsOn, wantsToWrite) = connection.advance()
        if !keepsOn {
          remove(connection)
        } else if event.events & EPOLLOUT.rawValue != 0, !wantsToWrite {
          _ = control(EPOLL_CTL_MOD, descriptor, EPOLLIN.rawValue)
        }
      }
    }
  }
}
