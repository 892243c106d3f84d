import Synchronization

/// One connection: the caller sends under its lock, the reader's thread receives and answers.
public final class Connection: Sendable {
  private let link: Mutex<Link>
  private let canceller: Canceller
  let fileDescriptor: Int32

  private init(_ link: sending Link) {
    fileDescriptor = link.fileDescriptor
    canceller = link.canceller
    self.link = Mutex(link)
  }

  /// Connects, on a thread of its own.
  public static func open(url: String) async throws(PostgresError) -> Connection {
    let result: Result<Connection, PostgresError> = await withCheckedContinuation { continuation in
      do throws(PostgresError) {
        try startThread {
          do throws(PostgresError) {
            let connection = Connection(try Link(url: url))
            try Reader.shared.add(connection)
            continuation.resume(returning: .success(connection))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    return try result.get()
  }

  /// Runs the statements in one round trip, one result each. They are one transaction (committed when this returns), unless one of them
  /// is BEGIN. On an error nothing of them stays.
  @discardableResult
  public func run(_ statements: [Statement]) async throws(PostgresError) -> [Rows] {
    let result: Result<[Rows], PostgresError> = await withCheckedContinuation { continuation in
      let (finished, waits) = link.withLock { link in (link.send(statements, continuation), link.wantsToWrite) }
      if waits { Reader.shared.expectRoom(for: self) }
      if let finished { finished.continuation.resume(returning: finished.result) }
    }
    return try result.get()
  }

  /// Whether the next caller may have it.
  public var isReusable: Bool { link.withLock { $0.isReusable } }

  /// Has the server give up the statement that runs. The connection is not used again: the word may reach the server when another has begun.
  public func interrupt() {
    link.withLock { $0.isCondemned = true }
    do throws(PostgresError) {
      // Asks by a connection of its own, and waits for it.
      try startThread { self.canceller.cancel() }
    } catch {
      // Without a thread the statement ends at its own time limit.
    }
  }

  public func close() { Reader.shared.remove(self) }

  /// The socket has bytes or room. False: the connection is lost and must not be watched any more.
  func advance() -> (keepsOn: Bool, wantsToWrite: Bool) {
    let (finished, isLost, waits) = link.withLock { link in (link.advance(), link.isLost, link.wantsToWrite) }
    if let finished { finished.continuation.resume(returning: finished.result) }
    return (!isLost, waits)
  }
}
