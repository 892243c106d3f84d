public import Logging
import RemitAPI
import RemitSDK

/// The plugins of this process, and the problems of those that cannot be used.
public struct LoadedPlugins: Sendable {
  let calls: CallTable
  let plugins: [Plugin]
  public let problems: [PluginProblem]

  /// Loads and checks each; none is started.
  public init(_ sources: [PluginSource], logger: Logger) {
    let calls = CallTable()
    var plugins: [Plugin] = []
    var problems: [PluginProblem] = []
    for source in sources {
      do throws(PluginProblem) {
        guard !plugins.contains(where: { $0.name == source.name }) else {
          throw PluginProblem(plugin: source.name, message: "it is named twice")
        }
        let plugin = try Plugin(source, calls: calls, logger: logger)
        for other in plugins {
          guard let service = plugin.manifest.services.first(where: other.manifest.services.contains) else { continue }
          throw PluginProblem(plugin: source.name, message: "it serves \(service), which plugin \(other.name) serves already")
        }
        plugins.append(plugin)
      } catch {
        problems.append(error)
      }
    }
    // Whoever calls what nobody serves cannot work; nor then can who calls it.
    while let plugin = plugins.first(where: { plugin in plugin.missing(among: plugins) != nil }) {
      problems.append(
        PluginProblem(plugin: plugin.name, message: plugin.missing(among: plugins) ?? ""))
      plugins.removeAll { $0.name == plugin.name }
    }
    self.calls = calls
    self.plugins = plugins
    self.problems = problems
  }

  /// What each says it is: one line.
  public var summaries: [String] {
    plugins.map { plugin in
      let manifest = plugin.manifest
      return
        "plugin \(plugin.name): version \(manifest.version), \(plugin.methods.count) methods, \(manifest.migrations.count) migrations, "
        + "\(manifest.jobs.count) jobs; it can be used"
    }
  }

  public var isEmpty: Bool { plugins.isEmpty }
}

extension Plugin {
  /// What it needs, and none of these has.
  fileprivate func missing(among plugins: [Plugin]) -> String? {
    let served = Platform.services + plugins.flatMap(\.manifest.services)
    if let service = manifest.calls.first(where: { $0 != "*" && !served.contains($0) }) {
      return "it calls \(service), which no plugin serves"
    }
    let published = Platform.views + plugins.flatMap(\.manifest.views).map(\.name)
    if let view = manifest.reads.first(where: { !published.contains($0) }) { return "it reads the view \(view), which no plugin publishes" }
    let event = manifest.subscriptions.map(\.event).first { event in
      event != Remit_Plugin_V1_Subscription.namedByDocuments && !plugins.contains { $0.events.contains(event) }
    }
    return event.map { "it subscribes to \($0), which no plugin tells" }
  }
}
