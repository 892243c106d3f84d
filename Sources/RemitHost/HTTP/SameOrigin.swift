import HTTPTypes
import Hummingbird
import RemitAPI

extension Request {
  /// Who is signed in, by the cookie; nil where there is none, or a key is sent beside it.
  var session: SessionToken? {
    headers[.authorization] == nil ? headers[values: .cookie].lazy.compactMap { SessionToken(cookies: $0) }.first : nil
  }

  /// A browser sends its cookies along whoever has it ask: what another site has it ask is refused. Where it says neither origin nor site, it is no browser.
  func mustBeOfSameOrigin() throws(CallError) {
    let site = HTTPField.Name("sec-fetch-site").flatMap { headers[$0] } ?? "same-origin"
    let origin = headers[.origin].map { $0.split(separator: "://", maxSplits: 1).last.map(String.init) ?? "" }
    guard ["same-origin", "none"].contains(site), origin == nil || origin == head.authority else {
      throw CallError(.permissionDenied, "CROSS_SITE", "a session is used by its own pages only; other programs send a key")
    }
  }
}

extension CallHeaders {
  /// With the session of the browser that asks, which must be of the same origin then.
  init(_ request: Request) throws(CallError) {
    try self.init(request.headers)
    session = request.session
    guard session != nil else { return }
    try request.mustBeOfSameOrigin()
    person = HTTPField.Name("remit-person").flatMap { request.headers[$0] }
  }
}
