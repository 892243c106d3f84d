import GRPCNIOTransportHTTP2Posix
public import Logging
import RemitAPI
import RemitPostgres
public import ServiceLifecycle

/// remitd, assembled: database, plugins, front and gRPC.
public struct Host: Sendable {
  public struct Configuration: Sendable {
    /// A libpq connection string of the role remitd.
    public var databaseURL: String
    public var grpcHost: String
    /// 0: any free port.
    public var grpcPort: Int
    public var tls: TLSFiles?
    /// How many calls of a tenant may be in flight at once.
    public var callsPerTenantMax: Int
    /// After how long a connection without calls is closed.
    public var connectionIdleMax: Duration

    public init(
      databaseURL: String, grpcHost: String, grpcPort: Int, tls: TLSFiles?, callsPerTenantMax: Int, connectionIdleMax: Duration
    ) {
      self.databaseURL = databaseURL
      self.grpcHost = grpcHost
      self.grpcPort = grpcPort
      self.tls = tls
      self.callsPerTenantMax = callsPerTenantMax
      self.connectionIdleMax = connectionIdleMax
    }
  }

  /// What runs, in the order in which it starts; it stops in the opposite order.
  public let services: [any Service]

  /// Checks the database and starts the plugins.
  ///
  /// - Parameter listening: told the port when clients may come.
  public init(
    _ configuration: Configuration, plugins: LoadedPlugins, logger: Logger, listening: @escaping @Sendable (Int) -> Void
  ) async throws {
    let grpcHost = configuration.grpcHost == "localhost" ? "127.0.0.1" : configuration.grpcHost
    guard grpcHost == "127.0.0.1" || configuration.tls != nil else {
      throw HostError("without a certificate remitd listens on loopback only, not on \(grpcHost)")
    }
    let security = try configuration.tls?.transportSecurity() ?? .plaintext
    let pool = Pool(url: configuration.databaseURL)
    try await Migrator.check(pool, plugins)
    for plugin in plugins.plugins { try await plugin.start() }
    let keys = KeyDirectory(pool: pool)
    let endpoints =
      try Platform(plugins: plugins, pool: pool, keys: keys).endpoints()
      + plugins.plugins.flatMap { plugin in plugin.methods.map { Endpoint(method: $0, provider: .plugin(plugin)) } }
    let front = Front(
      calls: plugins.calls, pool: pool, keys: keys, callsPerTenantMax: configuration.callsPerTenantMax, logger: logger)
    let served = Array(Set(endpoints.map(\.method.service)))
    let index = try DescriptorIndex([Descriptors.bytes] + plugins.plugins.map { Array($0.manifest.descriptors) })
    let health = Health(services: served + Reflection.services + [Health.service], front: front, pool: pool)
    services = [
      AtShutdown { pool.close() },
      AtShutdown { for plugin in plugins.plugins.reversed() { await plugin.stop() } },
      DeadlineSweep(calls: plugins.calls, front: front),
      JobRunner(plugins: plugins.plugins, calls: plugins.calls, pool: pool, logger: logger),
      health,
      GRPCFront(
        host: grpcHost, port: configuration.grpcPort, security: security,
        connectionIdleMax: configuration.connectionIdleMax, endpoints: endpoints, front: front,
        reflection: Reflection(index, services: served + Reflection.services + [Health.service]), health: health, listening: listening),
    ]
  }
}

public struct HostError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Does one thing when everything that started after it has stopped.
private struct AtShutdown: Service {
  let body: @Sendable () async -> Void

  init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

  func run() async throws {
    // Ends by cancellation too, where another service failed.
    try? await gracefulShutdown()
    await body()
  }
}

/// Ends calls past their deadline, also those of clients that set none and of plugins that hang.
private struct DeadlineSweep: Service {
  let calls: CallTable
  let front: Front

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        calls.endOverdue()
        front.endOverdue()
        // Cancelled at shutdown: then the loop ends.
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
