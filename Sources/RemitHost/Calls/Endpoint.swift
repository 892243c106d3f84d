import RemitAPI

/// A method that is served, and by whom.
struct Endpoint: Sendable {
  enum Provider: Sendable {
    case plugin(Plugin)
    case host(HostMethod)

    /// The module whose writes a company's forms judge; nil: it is about what forms know nothing of.
    var judgedModule: String? {
      switch self {
      case .plugin(let plugin): plugin.name
      case .host(let method): method.isJudged ? "host" : nil
      }
    }
  }

  let method: ServedMethod
  let provider: Provider

  /// Whether a plugin serves it.
  var isPlugins: Bool {
    switch provider {
    case .plugin: true
    case .host: false
    }
  }

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
}
