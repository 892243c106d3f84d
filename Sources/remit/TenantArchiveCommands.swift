import ArgumentParser
import FoundationEssentials
import GRPCCore
import Glibc
import RemitAPI
import SwiftProtobuf

struct ExportTenant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write all that a company has into one file of JSON lines, which remit tenant import takes.",
    discussion: "Its keys are not in it. What it holds is secret: the file can be read by you only.")

  @Argument var slug: String
  @Argument(help: "The file to write; it must not be there yet.") var file: String
  @OptionGroup var connection: Connection

  func run() async throws {
    // Beside it until it is whole.
    let part = file + ".part"
    guard access(file, F_OK) != 0 else { try fail("\(file) is there already", EX_CANTCREAT) }
    let descriptor = Glibc.open(part, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { try fail("\(part) cannot be written: \(String(cString: strerror(errno)))", EX_CANTCREAT) }
    defer { close(descriptor) }
    do {
      try await connection.run(patience: 3600) { client in
        try await client.stream("ExportTenant", of: .tenants, .with { $0.slug = slug } as Remit_Platform_V1_ExportTenantRequest) {
          (archive: Remit_Platform_V1_ArchivePart) in try Self.write(Array(archive.data), to: descriptor, part)
        }
      }
      guard fsync(descriptor) == 0, rename(part, file) == 0 else {
        try fail("\(file) cannot be written: \(String(cString: strerror(errno)))", EX_IOERR)
      }
    } catch {
      unlink(part)
      throw error
    }
    print("\(slug) is in \(file)")
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, _ file: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { try fail("\(file) cannot be written: \(String(cString: strerror(errno)))", EX_IOERR) }
      rest = rest.dropFirst(max(0, count))
    }
  }
}

struct ImportTenant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a company of a file that remit tenant export wrote: whole, or not at all.",
    discussion: "Both installations must have the same versions of the modules. It has no keys: make one with remit key create --tenant.")

  @Argument(help: "The archive.") var file: String
  @Option(help: "Its short name here. (default: that of the archive)") var slug = ""
  @OptionGroup var connection: Connection
  @OptionGroup var output: Output

  func run() async throws {
    let descriptor = Glibc.open(file, O_RDONLY)
    guard descriptor >= 0 else { try fail("\(file) cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT) }
    defer { close(descriptor) }
    let slug = slug
    try await connection.run(patience: 3600) { client in
      let reply: Remit_Platform_V1_ImportTenantReply = try await client.upload("ImportTenant", of: .tenants) { writer in
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
          let count = read(descriptor, &buffer, buffer.count)
          guard count >= 0 else { try fail("the archive cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT) }
          guard count > 0 else { break }
          let data = Data(buffer[..<count])
          try await writer.write(
            Remit_Platform_V1_ImportTenantRequest.with {
              $0.data = data
              $0.slug = slug
            })
        }
      }
      try output.show(Table(reply.tables, total: "rows of \(reply.tenant.slug)"), reply)
    }
  }
}
