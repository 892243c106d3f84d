import GRPCNIOTransportHTTP2Posix
public import Logging
import RemitAPI
import RemitJSON
import RemitPostgres
public import ServiceLifecycle
import Synchronization

/// remitd, assembled: database, plugins, front and gRPC.
public struct Host: Sendable {
  public struct Configuration: Sendable {
    /// A libpq connection string of the role remitd.
    public var databaseURL: String
    public var grpcHost: String
    /// 0: any free port.
    public var grpcPort: Int
    /// Where /metrics, /healthz and /readyz are served by HTTP.
    public var metricsHost: String
    /// 0: any free port.
    public var metricsPort: Int
    /// Where methods are served by HTTP as JSON; nil: nowhere.
    public var httpHost: String?
    /// 0: any free port.
    public var httpPort = 0
    public var tls: TLSFiles?
    /// How many calls of a tenant may be in flight at once.
    public var callsPerTenantMax: Int
    /// After how long a connection without calls is closed.
    public var connectionIdleMax: Duration
    /// A file with the seconds that companies' time is ahead, for tests.
    public var clockFile: String?
    /// The folder of the console, which is served by HTTP; nil: none.
    public var console: String?
    /// Hosts that companies' webhooks may go to though their addresses are not public, also without TLS.
    public var webhookHosts: Set<String>

    public init(
      databaseURL: String, grpcHost: String, grpcPort: Int, metricsHost: String, metricsPort: Int, httpHost: String? = nil,
      httpPort: Int = 0,
      tls: TLSFiles?, callsPerTenantMax: Int, connectionIdleMax: Duration, clockFile: String? = nil,
      console: String? = nil, webhookHosts: Set<String> = []
    ) {
      self.databaseURL = databaseURL
      self.grpcHost = grpcHost
      self.grpcPort = grpcPort
      self.metricsHost = metricsHost
      self.metricsPort = metricsPort
      self.httpHost = httpHost
      self.httpPort = httpPort
      self.tls = tls
      self.callsPerTenantMax = callsPerTenantMax
      self.connectionIdleMax = connectionIdleMax
      self.clockFile = clockFile
      self.console = console
      self.webhookHosts = webhookHosts
    }
  }

  /// What runs, in the order in which it starts; it stops in the opposite order.
  public let services: [any Service]

  /// Checks the database and starts the plugins.
  ///
  /// - Parameter listening: told the ports of gRPC, of the metrics and of HTTP, where that is served, when clients may come.
  public init(
    _ configuration: Configuration, plugins: LoadedPlugins, logger: Logger,
    listening: @escaping @Sendable (_ grpc: Int, _ metrics: Int, _ http: Int?) -> Void
  ) async throws {
    let grpcHost = try configuration.address(configuration.grpcHost)
    let metricsHost = try configuration.address(configuration.metricsHost)
    let security = try configuration.tls?.transportSecurity() ?? .plaintext
    let pool = Pool(url: configuration.databaseURL)
    try await Migrator.check(pool, plugins)
    for plugin in plugins.plugins { try await plugin.start() }
    let keys = KeyDirectory(pool: pool)
    let sets = [Descriptors.bytes] + plugins.plugins.map { Array($0.manifest.descriptors) }
    let index = try DescriptorIndex(sets)
    let schema = MessageSchema(index.all)
    let kinds = try DocumentKinds(index.all, messages: schema, manifests: plugins.plugins.map(\.manifest))
    let ofPlugins = plugins.plugins.flatMap { plugin in plugin.methods.map { Endpoint(method: $0, provider: .plugin(plugin)) } }
    let configurations = CompanyConfigurations(
      pool: pool, schema: schema, endpoints: ofPlugins, recordMethods: try Platform.recordMethods(),
      views: plugins.plugins.flatMap(\.manifest.views) + [Platform.personView], carriers: kinds.all.filter(\.carriesOut))
    let callsToCome = CallsToCome()
    let platform = Platform(
      plugins: plugins, pool: pool, keys: keys, messages: schema, kinds: kinds, configurations: configurations, callsToCome: callsToCome,
      fieldNames: FieldNames(index.all),
      webhookHosts: configuration.webhookHosts)
    let endpoints = try platform.endpoints() + ofPlugins
    let metrics = CallMetrics(paths: endpoints.map(\.method.path))
    let jobs = JobMetrics()
    plugins.calls.serve(endpoints)
    let calls = Calls(
      table: plugins.calls, pool: pool, keys: keys, configurations: configurations, callsPerTenantMax: configuration.callsPerTenantMax,
      metrics: metrics, logger: logger)
    let clock = Clock(file: configuration.clockFile)
    callsToCome.come(calls, clock)
    let front = Front(calls: calls, keys: keys, clock: clock)
    try await EventCursors.addMissing(for: plugins.plugins, in: pool)
    let moved = Bell()
    let ports = Ports(withHTTP: configuration.httpHost != nil, listening)
    // What is for modules comes in at no door.
    let outward = endpoints.filter { $0.method.service != Platform.serviceForModules }
    let served = Array(Set(outward.map(\.method.service)))
    let health = Health(services: served + Reflection.services + [Health.service], front: front, pool: pool)
    var services: [any Service] = [
      AtShutdown { pool.close() },
      AtShutdown { for plugin in plugins.plugins.reversed() { await plugin.stop() } },
      DeadlineSweep(calls: calls),
      OperationsServer(
        host: metricsHost, port: configuration.metricsPort,
        operations: Operations(plugins: plugins, pool: pool, calls: metrics, jobs: jobs, health: health),
        logger: logger, listening: ports.listens(metrics:)),
      JobRunner(plugins: plugins.plugins, calls: calls, pool: pool, clock: clock, metrics: jobs, logger: logger),
      WakeRunner(plugins: plugins.plugins, calls: calls, pool: pool, clock: clock, metrics: jobs, logger: logger),
      EventDelivery(
        subscribers: ModuleSubscribers(plugins: plugins.plugins, calls: calls, clock: clock, metrics: jobs, pool: pool), pool: pool,
        clock: clock,
        moved: moved, logger: logger),
      EventDelivery(
        subscribers: WebhookSubscribers(pool: pool, messages: schema, allowed: configuration.webhookHosts, told: calls.told), pool: pool,
        clock: clock, moved: moved, logger: logger),
      EventRelay(pool: pool, told: calls.told, moved: moved, logger: logger),
      health,
      GRPCFront(
        host: grpcHost, port: configuration.grpcPort, security: security,
        connectionIdleMax: configuration.connectionIdleMax, endpoints: outward, front: front,
        reflection: Reflection(index, services: served + Reflection.services + [Health.service]), health: health,
        listening: ports.listens(grpc:)),
    ]
    if let httpHost = try configuration.httpHost.map(configuration.address) {
      let feed = EventFeed(pool: pool, moved: moved, logger: logger)
      let events = EventStream(front: front, feed: feed, permissions: platform.eventPermissions)
      services.append(
        JSONFront(
          host: httpHost, port: configuration.httpPort, tls: try configuration.tls?.serverConfiguration(), endpoints: outward,
          front: front, messages: schema,
          openAPI: OpenAPI(index.all).text(of: outward.map(\.method)), events: events,
          sessions: Sessions(pool: pool, keys: keys, clock: clock, logger: logger),
          console: try configuration.console.map { path throws(HostError) in try ConsoleFiles(path) }, logger: logger,
          listening: ports.listens(http:)))
      // It stops first: the door waits for who listens.
      services.append(feed)
    }
    self.services = services
  }
}

extension Host.Configuration {
  fileprivate func address(_ host: String) throws -> String {
    let host = host == "localhost" ? "127.0.0.1" : host
    guard ["127.0.0.1", "::1"].contains(host) || tls != nil else {
      throw HostError("without a certificate remitd listens on loopback only, not on \(host)")
    }
    return host
  }
}

public struct HostError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Tells when all ports listen.
private final class Ports: Sendable {
  private struct Found {
    var grpc: Int?
    var metrics: Int?
    var http: Int?
  }

  private let found = Mutex(Found())
  private let withHTTP: Bool
  private let tell: @Sendable (Int, Int, Int?) -> Void

  init(withHTTP: Bool, _ tell: @escaping @Sendable (Int, Int, Int?) -> Void) {
    self.withHTTP = withHTTP
    self.tell = tell
  }

  @Sendable func listens(grpc port: Int) { set { $0.grpc = port } }
  @Sendable func listens(metrics port: Int) { set { $0.metrics = port } }
  @Sendable func listens(http port: Int) { set { $0.http = port } }

  private func set(_ change: (inout Found) -> Void) {
    let ports = found.withLock { found in
      change(&found)
      return found
    }
    if let grpc = ports.grpc, let metrics = ports.metrics, !withHTTP || ports.http != nil { tell(grpc, metrics, ports.http) }
  }
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

private struct DeadlineSweep: Service {
  let calls: Calls

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        calls.endOverdue()
        // Cancelled at shutdown: then the loop ends.
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
