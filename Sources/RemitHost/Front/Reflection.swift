import GRPCCore
import GRPCNIOTransportHTTP2Posix
import RemitAPI
import SwiftProtobuf

/// gRPC server reflection: any client learns what is served, without a key.
struct Reflection: Sendable {
  /// Both have the same messages.
  static let services = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]

  private let index: DescriptorIndex
  private let served: [String]

  init(_ index: DescriptorIndex, services: [String]) {
    self.index = index
    served = services.sorted()
  }

  func register(in router: inout RPCRouter<HTTP2ServerTransport.Posix>) {
    for service in Self.services {
      router.registerHandler(
        forMethod: MethodDescriptor(fullyQualifiedService: service, method: "ServerReflectionInfo"), deserializer: RawBytes(),
        serializer: RawBytes()
      ) { request, _ in
        StreamingServerResponse { writer in
          for try await bytes in request.messages {
            guard let question = try? Grpc_Reflection_V1_ServerReflectionRequest(serializedBytes: bytes) else {
              throw RPCError(code: .invalidArgument, message: "the request is not a ServerReflectionRequest message")
            }
            try await writer.write(answer(question).serializedBytes())
          }
          return [:]
        }
      }
    }
  }

  private func answer(_ question: Grpc_Reflection_V1_ServerReflectionRequest) -> Grpc_Reflection_V1_ServerReflectionResponse {
    .with {
      $0.validHost = question.host
      $0.originalRequest = question
      $0.messageResponse =
        switch question.messageRequest {
        case .fileByFilename(let name): file(index.file(named: name), "file \(name)")
        case .fileContainingSymbol(let symbol): file(index.file(declaring: symbol), "symbol \(symbol)")
        case .fileContainingExtension(let wanted):
          file(
            index.file(extending: wanted.containingType, wanted.extensionNumber),
            "extension \(wanted.extensionNumber) of \(wanted.containingType)")
        case .allExtensionNumbersOfType(let type):
          index.extensionNumbers(of: type).map { numbers in
            .allExtensionNumbersResponse(
              .with {
                $0.baseTypeName = type
                $0.extensionNumber = numbers
              })
          } ?? notFound("message \(type)")
        case .listServices:
          .listServicesResponse(.with { $0.service = served.map { name in .with { $0.name = name } } })
        case nil:
          .errorResponse(
            .with {
              $0.errorCode = 3; $0.errorMessage = "the request asks nothing"
            })
        }
    }
  }

  private typealias Answer = Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse

  private func file(_ found: [[UInt8]]?, _ what: String) -> Answer {
    found.map { files in .fileDescriptorResponse(.with { $0.fileDescriptorProto = files.map { .init($0) } }) } ?? notFound(what)
  }

  private func notFound(_ what: String) -> Answer {
    .errorResponse(
      .with {
        $0.errorCode = CallError.Code.notFound.value
        $0.errorMessage = "there is no \(what)"
      })
  }
}
