import RemitAPI
import SwiftProtobuf

extension Platform {
  func listPlugins(_: Remit_Platform_V1_ListPluginsRequest, _: HostCall) async throws -> Remit_Platform_V1_ListPluginsReply {
    .with {
      $0.plugins =
        plugins.plugins.map { plugin in
          .with {
            $0.name = plugin.name
            $0.version = plugin.manifest.version
            $0.services = plugin.manifest.services
            $0.reads = plugin.manifest.reads
            $0.calls = plugin.manifest.calls
            $0.jobs = plugin.manifest.jobs.map { "\($0.name) (\($0.schedule))" }
          }
        }
        + plugins.problems.map { problem in
          .with {
            $0.name = problem.plugin
            $0.problem = problem.message
          }
        }
    }
  }
}
