import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RemitAPI
import RemitPostgres

/// Signing in and out by HTTP, with bodies of JSON: `POST /session` with company, login and password, or with key; `DELETE /session`;
/// `POST /session/password` with old and new; `POST /session/invitation` with invitation and password.
struct SessionDoor: Sendable {
  let sessions: Sessions

  private struct SignIn: Decodable {
    var company: String?
    var login: String?
    var password: String?
    var key: String?
  }
  private struct Change: Decodable {
    var old: String
    var new: String
  }
  private struct Accept: Decodable {
    var invitation: String
    var password: String
  }

  func add(to router: Router<DoorContext>) {
    router.post("/session") { request, context in
      await answer(request) {
        let asked = try await body(SignIn.self, of: request)
        let client = Self.client(request, context)
        if let key = asked.key { return try await sessions.signIn(key: key, from: client).cookie }
        guard let company = asked.company, let login = asked.login, let password = asked.password else {
          throw CallError(.invalidArgument, "BODY", "the body has company, login and password, or key")
        }
        return try await sessions.signIn(company: company, login: login, password: password, from: client).cookie
      }
    }
    router.delete("/session") { request, _ in
      await answer(request) {
        if let token = request.session { try await sessions.signOut(token) }
        return SessionToken.noCookie
      }
    }
    router.post("/session/password") { request, _ in
      await answer(request) {
        guard let token = request.session else { throw CallError(.unauthenticated, "SIGNED_OUT", "sign in first") }
        let asked = try await body(Change.self, of: request)
        try await sessions.changePassword(token, from: asked.old, to: asked.new)
        return nil
      }
    }
    router.post("/session/invitation") { request, context in
      await answer(request) {
        let asked = try await body(Accept.self, of: request)
        return try await sessions.accept(invitation: asked.invitation, password: asked.password, from: Self.client(request, context)).cookie
      }
    }
  }

  private static let bodyBytesMax = 16 << 10

  private func body<Body: Decodable>(_: Body.Type, of request: Request) async throws -> Body {
    guard request.headers[.contentType]?.split(separator: ";").first == "application/json" else {
      throw CallError(.invalidArgument, "CONTENT_TYPE", "the content-type is application/json")
    }
    do {
      let bytes = try await request.body.collect(upTo: Self.bodyBytesMax)
      return try JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView))
    } catch {
      throw CallError(.invalidArgument, "BODY", "the body is no JSON as it must be, or has more than \(Self.bodyBytesMax) bytes")
    }
  }

  private static func client(_ request: Request, _ context: DoorContext) -> Sessions.Client {
    .init(address: context.address, name: request.headers[.userAgent] ?? "")
  }

  /// - Parameter act: gives the cookie to be kept, if one is.
  private func answer(_ request: Request, _ act: @Sendable () async throws -> String?) async -> Response {
    do {
      try request.mustBeOfSameOrigin()
      var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
      if let cookie = try await act() { headers[.setCookie] = cookie }
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: "{}")))
    } catch let error as PostgresError {
      return ConnectError(CallError(error, statements: 0..<0).outward, module: "platform").response
    } catch {
      return ConnectError(error as? CallError ?? CallError(.internal, "UNEXPECTED", "\(error)"), module: "platform").response
    }
  }
}
