public import CRemitPlugin
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// A plugin whose one method answers what it was asked: what a call costs without any work in it.
struct Echo: Module {
  static let name = "echo"
  static let version = "1"
  static let migrations: [Migration] = []

  /// As protoc would write it of a service with `rpc Echo(google.protobuf.BytesValue) returns (google.protobuf.BytesValue)`.
  static var descriptors: [UInt8] {
    let method = Google_Protobuf_MethodDescriptorProto.with {
      $0.name = "Echo"
      $0.inputType = ".google.protobuf.BytesValue"
      $0.outputType = ".google.protobuf.BytesValue"
      $0.options.Remit_Api_V1_rule = .with {
        $0.effect = .read
        $0.permission = "echo.echo"
      }
    }
    let file = Google_Protobuf_FileDescriptorProto.with {
      $0.name = "remit/echo/v1/echo.proto"
      $0.package = "remit.echo.v1"
      $0.dependency = ["google/protobuf/wrappers.proto"]
      $0.service = [
        .with {
          $0.name = "EchoService"
          $0.method = [method]
        }
      ]
    }
    let wrappers = Google_Protobuf_FileDescriptorProto.with {
      $0.name = "google/protobuf/wrappers.proto"
      $0.package = "google.protobuf"
      $0.messageType = [
        .with {
          $0.name = "BytesValue"
          $0.field = [
            .with {
              $0.name = "value"
              $0.number = 1
              $0.type = .bytes
              $0.label = .optional
            }
          ]
        }
      ]
    }
    // Numbers and names cannot fail to encode.
    return (try? Google_Protobuf_FileDescriptorSet.with { $0.file = [wrappers, file] }.serializedBytes()) ?? []
  }

  var services: [Service] {
    [Service("remit.echo.v1.EchoService", [.read("Echo") { (request: Google_Protobuf_BytesValue, _) in request }])]
  }
}

@c(remit_plugin_main_v1)
public func pluginMain(_ host: UnsafePointer<remit_host_v1>?) -> UnsafePointer<remit_plugin_v1>? {
  Runtime.start(Echo.self, host: host)
}
