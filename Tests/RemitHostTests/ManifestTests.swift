import RemitAPI
import SwiftProtobuf
import Testing

@testable import RemitHost

@Suite("A manifest")
struct ManifestTests {
  /// One service with one method, as a plugin would send it.
  private func manifest(
    name: String = "books", service: String = "books.v1.Books", permission: String = "books.page.read",
    effect: Remit_Api_V1_Rule.Effect = .read,
    hasRule: Bool = true, streamsRequests: Bool = false, migrations: [UInt32] = [], provisioning: [String] = [],
    jobs: [(name: String, schedule: String, method: String)] = []
  ) throws -> Remit_Plugin_V1_Manifest {
    let method = Google_Protobuf_MethodDescriptorProto.with {
      $0.name = "Read"
      $0.inputType = ".books.v1.Page"
      $0.clientStreaming = streamsRequests
      if hasRule {
        $0.options.Remit_Api_V1_rule = .with {
          $0.permission = permission
          $0.effect = effect
        }
      }
    }
    let file = Google_Protobuf_FileDescriptorProto.with {
      $0.package = "books.v1"
      $0.messageType = [.with { $0.name = "Page" }]
      $0.service = [
        .with {
          $0.name = "Books"
          $0.method = [method]
        }
      ]
    }
    return try .with {
      $0.name = name
      $0.provisioning = provisioning
      $0.services = [service]
      $0.descriptors = try Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }.serializedBytes()
      $0.jobs = jobs.map { job in
        .with {
          $0.name = job.name
          $0.schedule = job.schedule
          $0.method = job.method
        }
      }
      $0.migrations = migrations.map { number in .with { $0.number = number } }
    }
  }

  @Test("A sound one gives its methods with their rules")
  func sound() throws {
    let methods = try manifest(migrations: [1, 2]).checkedMethods()
    #expect(methods.map(\.path) == ["/books.v1.Books/Read"])
    #expect(!methods[0].isWrite)
    #expect(throws: CallError.self) { try methods[0].check([UInt8](repeating: 0, count: 4 << 20 + 1)) }
  }

  @Test("What is wrong is said in one line")
  func unsound() throws {
    let cases: [(Remit_Plugin_V1_Manifest, String)] = [
      (try manifest(name: "Books"), "cannot be the name of a module"),
      (try manifest(name: "host"), "cannot be the name of a module"),
      (try manifest(name: "platform"), "cannot be the name of a module"),
      (try manifest(name: "pg_books"), "cannot be the name of a module"),
      (try manifest(name: "books_owner"), "cannot be the name of a module"),
      (try manifest(name: "information_schema"), "cannot be the name of a module"),
      (try manifest(service: "grpc.health.v1.Health"), "is served by remitd itself"),
      (try manifest(service: "remit.platform.v1.TenantService"), "is served by remitd itself"),
      (try manifest(provisioning: ["INSERT INTO books.page DEFAULT VALUES", "SET ROLE remit_host"]), "its provisioning may only insert"),
      (try manifest(service: "books.v1.Nothing"), "no service books.v1.Nothing"),
      (try manifest(hasRule: false), "has no (remit.api.v1.rule)"),
      (try manifest(effect: .unspecified), "has no effect"),
      (try manifest(permission: "ledger.page.read"), "must begin with books."),
      (try manifest(streamsRequests: true), "streams requests"),
      (try manifest(jobs: [("j", "every day", "/books.v1.Books/Read")]), "the schedule of its job j is none of crontab(5)"),
      (try manifest(jobs: [("j", "0 5 30 2 *", "/books.v1.Books/Read")]), "or never comes"),
      (try manifest(jobs: [("j", "0 5 * * *", "/books.v1.Books/Read")]), "calls /books.v1.Books/Read, which is no write of its own"),
      (try manifest(effect: .write, jobs: [("j", "0 5 * * *", "/books.v1.Books/Write")]), "which is no write of its own"),
      (try manifest(migrations: [1, 3]), "should have 2"),
    ]
    for (manifest, message) in cases {
      let error = #expect(throws: ManifestError.self) { try manifest.checkedMethods() }
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
  }
}
