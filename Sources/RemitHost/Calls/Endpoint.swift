import RemitAPI

/// A method that is served, and by whom.
struct Endpoint: Sendable {
  enum Provider: Sendable {
    case plugin(Plugin)
    case host(HostMethod)
  }

  static let pluginTimeoutMax = Duration.seconds(30)

  let method: ServedMethod
  let provider: Provider

  /// Whose errors they are: ErrorInfo's domain is "<module>.remit".
  var module: String {
    switch provider {
    case .plugin(let plugin): plugin.name
    case .host: "platform"
    }
  }

  /// The module as whose role it works in the database.
  var role: String {
    switch provider {
    case .plugin(let plugin): plugin.name
    case .host: "host"
    }
  }

  /// The longest deadline that a caller can have, and the one of a caller without.
  var timeoutMax: Duration {
    switch provider {
    case .plugin: Self.pluginTimeoutMax
    case .host(let method): method.timeoutMax
    }
  }
}
