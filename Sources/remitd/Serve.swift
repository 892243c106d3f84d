import ArgumentParser
import Logging
import RemitHost
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Serve until SIGTERM or Ctrl-C.")

  @Option(help: "The database, as the role remitd: postgresql://...") var database: String
  @Option(help: "Where gRPC listens; port 0 is any free one.") var grpc = "127.0.0.1:7460"
  @Option(help: "Where metrics and readiness are served by HTTP, at /metrics, /healthz and /readyz.") var metrics = "127.0.0.1:7462"
  @Option(
    help: ArgumentHelp(
      "Where methods are served by HTTP as JSON, and described at /openapi.json. (default: nowhere)", valueName: "host:port"))
  var http: String?
  @Option(help: ArgumentHelp("The console's files (web/), served by HTTP at /. (default: no console)", valueName: "folder"))
  var console: String?
  @Option(help: ArgumentHelp("How many calls of one company may be in flight at once; more are refused.", valueName: "calls"))
  var callsPerTenant = 64
  @Option(help: ArgumentHelp("After how many seconds a connection without calls is closed.", valueName: "seconds"))
  var connectionIdle = 300
  @Option(
    help: ArgumentHelp(
      "The server's certificate, with those of its issuers, in PEM. With it remitd may listen anywhere.", valueName: "file"))
  var certificate: String?
  @Option(help: ArgumentHelp("The private key of the certificate, in PEM.", valueName: "file")) var privateKey: String?
  @Option(help: ArgumentHelp("Clients must show a certificate of this authority.", valueName: "file")) var clientCa: String?
  @Option(help: "How the log is written to standard error: text for people, json for programs.") var log = LogFormat.text
  @Option(help: "The least that is logged: debug has every call.", transform: LogLine.level) var logLevel = Logger.Level.info
  @Option(
    help: "A host that companies' webhooks may go to though its addresses are not public, also without TLS: erp.intern. Repeat it for more."
  )
  var webhookHost: [String] = []
  @Option(help: ArgumentHelp("Companies' time is ahead by the seconds in this file, read each time.", visibility: .private)) var clock:
    String?
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    try await reportingErrors {
      let logger = Logger(label: "remitd", factory: { _ in LogLine(format: log, logLevel: logLevel) })
      let (grpcHost, grpcPort) = try Self.address(grpc, option: "--grpc", such: "127.0.0.1:7460")
      let (metricsHost, metricsPort) = try Self.address(metrics, option: "--metrics", such: "127.0.0.1:7462")
      let httpAddress = try http.map { try Self.address($0, option: "--http", such: "127.0.0.1:7461") }
      guard callsPerTenant > 0 else { throw ValidationError("--calls-per-tenant is at least 1") }
      guard connectionIdle > 0 else { throw ValidationError("--connection-idle is at least 1") }
      guard console == nil || http != nil else { throw ValidationError("--console needs --http") }
      guard (certificate == nil) == (privateKey == nil) else { throw ValidationError("--certificate and --private-key belong together") }
      guard clientCa == nil || certificate != nil else { throw ValidationError("--client-ca needs --certificate") }
      let tls = certificate.flatMap { file in privateKey.map { TLSFiles(certificate: file, privateKey: $0, clientAuthority: clientCa) } }
      OpenFiles.raiseLimit()
      let loaded = try plugins.load(logger: logger)
      let host = try await Host(
        .init(
          databaseURL: database, grpcHost: grpcHost, grpcPort: grpcPort, metricsHost: metricsHost, metricsPort: metricsPort,
          httpHost: httpAddress?.host, httpPort: httpAddress?.port ?? 0, tls: tls, callsPerTenantMax: callsPerTenant,
          connectionIdleMax: .seconds(connectionIdle), clockFile: clock, console: console,
          webhookHosts: Set(webhookHost.map { $0.lowercased() })),
        plugins: loaded,
        logger: logger,
        listening: { grpc, metrics, http in
          let door = http.map { ", HTTP on \(Self.shown(httpAddress?.host ?? "", $0))" } ?? ""
          logger.info("ready, gRPC on \(Self.shown(grpcHost, grpc)), metrics on \(Self.shown(metricsHost, metrics))\(door)")
        })
      var group = ServiceGroupConfiguration(
        services: host.services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
      group.maximumGracefulShutdownDuration = .seconds(20)
      try await ServiceGroup(configuration: group).run()
    }
  }

  private static func shown(_ host: String, _ port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func address(_ text: String, option: String, such example: String) throws -> (host: String, port: Int) {
    guard let match = text.wholeMatch(of: /([^:\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})/), let port = Int(match.2), port <= 65535 else {
      throw ValidationError("\(option) is an address and a port, such as \(example) or [::1]:7460")
    }
    return (String(match.1.trimmingPrefix("[").replacing("]", with: "")), port)
  }
}
