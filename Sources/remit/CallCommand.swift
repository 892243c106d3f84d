import ArgumentParser
import FoundationEssentials
import GRPCCore
import Glibc
import RemitAPI
import RemitJSON
import SwiftProtobuf
import Synchronization

struct CallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call", abstract: "Call any method of any plugin, with JSON; what there is, remitd says itself.",
    discussion: """
      remit call                                                  lists the services
      remit call remit.ledger.v1.LedgerService                    lists its methods, with their requests
      remit call remit.ledger.v1.LedgerService/GetBalance -d '{"customerId": "..."}'
      The messages of a stream are printed a line each. With -d - the request is read from standard input.
      """)

  @Argument(help: "SERVICE/METHOD, or a service, or nothing.") var method: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("The request.", valueName: "json")) var data = "{}"
  @Option(help: "Does a write once, however often it is sent with the same request.") var idempotencyKey: String?
  @Flag(help: "Print a page of all methods with their requests and replies, as Markdown.") var page = false
  @OptionGroup var connection: Connection

  func run() async throws {
    try await connection.run { client in
      if page { return print(try await client.reference(), terminator: "") }
      let parts = method?.split(separator: "/").map(String.init) ?? []
      guard let service = parts.first else { return print(try await client.services().joined(separator: "\n")) }
      let files = try await client.files(declaring: service)
      guard let found = files.flatMap({ file in file.service.filter { "\(file.package).\($0.name)" == service } }).first else {
        try fail("there is no service \(service); see remit call", 1)
      }
      guard parts.count == 2 else { return print(Self.listed(found)) }
      guard let method = found.method.first(where: { $0.name == parts[1] }) else {
        try fail("\(service) has no method \(parts[1]); see remit call \(service)", 1)
      }
      let schema = MessageSchema(files)
      let reply = String(method.outputType.dropFirst())
      do {
        let request = try schema.wire(fromJSON: try input(), as: String(method.inputType.dropFirst()))
        try await client.call(service, method.name, request, idempotencyKey: idempotencyKey) { bytes in
          print(try schema.json(fromWire: bytes, as: reply))
        }
      } catch let error as JSONError {
        try fail("\(error)", EX_DATAERR)
      }
    }
  }

  private func input() throws -> [UInt8] {
    guard data == "-" else { return Array(data.utf8) }
    var text: [UInt8] = []
    while let line = readLine(strippingNewline: false) { text.append(contentsOf: line.utf8) }
    return text
  }

  private static func listed(_ service: Google_Protobuf_ServiceDescriptorProto) -> String {
    service.method.map { method in
      let reply = "\(method.serverStreaming ? "stream " : "")\(method.outputType.dropFirst())"
      return "\(method.name) (\(method.clientStreaming ? "stream " : "")\(method.inputType.dropFirst())) returns (\(reply))"
    }.joined(separator: "\n")
  }
}

extension Client {
  fileprivate func reference() async throws -> String {
    var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
    for service in try await services().filter({ $0.hasPrefix("remit.") }) {
      for file in try await self.files(declaring: service) { files[file.name] = file }
    }
    return ReferencePage(Array(files.values)).text
  }

  /// The names of what is served.
  func services() async throws -> [String] {
    let reply = try await reflect(.with { $0.listServices = "*" })
    return reply.listServicesResponse.service.map(\.name)
  }

  /// The file with a service, and those it imports.
  func files(declaring service: String) async throws -> [Google_Protobuf_FileDescriptorProto] {
    let reply = try await reflect(.with { $0.fileContainingSymbol = service })
    if case .errorResponse(let error) = reply.messageResponse { try fail("\(error.errorMessage); see remit call", 1) }
    return try reply.fileDescriptorResponse.fileDescriptorProto.map {
      try Google_Protobuf_FileDescriptorProto(serializedBytes: $0, extensions: Remit_Api_V1_Options_Extensions)
    }
  }

  private func reflect(
    _ question: Grpc_Reflection_V1_ServerReflectionRequest
  ) async throws -> Grpc_Reflection_V1_ServerReflectionResponse {
    let answer = Mutex(Grpc_Reflection_V1_ServerReflectionResponse())
    try await call("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", try question.serializedBytes()) { bytes in
      let reply = try Grpc_Reflection_V1_ServerReflectionResponse(serializedBytes: bytes)
      answer.withLock { $0 = reply }
    }
    return answer.withLock { $0 }
  }
}
