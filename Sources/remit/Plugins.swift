import ArgumentParser
import Glibc
import RemitAPI

struct Plugins: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "List the plugins that serve, and check one that is to serve.", subcommands: [List.self, Check.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the plugins of the remitd that answers, as an operator.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Platform_V1_ListPluginsReply = try await client.call(
          "ListPlugins", of: .plugins, Remit_Platform_V1_ListPluginsRequest())
        var table = Table([("plugin", .left), ("version", .left), ("services", .left), ("jobs", .left), ("problem", .left)])
        table.rows = reply.plugins.map {
          [$0.name, $0.version, $0.services.joined(separator: " "), $0.jobs.joined(separator: ", "), $0.problem]
        }
        try output.show(table, reply)
      }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load plugins here, in a process of its own, and say what they are or why they cannot be used. Needs no key.")

    @Argument(help: "NAME=PATH of a shared library; with those that it calls.") var plugins: [String]

    func run() throws {
      // Beside this program.
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count - 1))
      let own = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let remitd = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/remitd"
      let words: [String] = [remitd, "check-plugin"] + plugins
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
      arguments.append(nil)
      var child: pid_t = 0
      let failure = posix_spawn(&child, remitd, nil, nil, &arguments, environ)
      guard failure == 0 else { try fail("\(remitd) cannot be run: \(String(cString: strerror(failure)))", EX_UNAVAILABLE) }
      var status: CInt = 0
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7F
      guard signal == 0 else {
        try fail(
          """
          a plugin ended the process with signal \(signal) (\(String(cString: strsignal(signal)))) while it was loaded: it would end remitd, too; \
          look at its remit_plugin_main_v1 and what runs when it is loaded, under a debugger: gdb --args \(words.joined(separator: " "))
          """, 1)
      }
      guard status == 0 else { throw ExitCode(status >> 8 & 0xFF) }
    }
  }
}
