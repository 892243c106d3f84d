import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RemitDigest
import RemitGzip

/// The console: files that a browser gets as they are. They are read once, when remitd starts. Under `/assets/<digest>/` browsers keep them for ever; every page is
/// `index.html`, which names that folder.
struct ConsoleFiles: Sendable {
  private struct File: Sendable {
    let type: String
    let bytes: ByteBuffer
    let packed: ByteBuffer?

    init(_ bytes: [UInt8], type: String) {
      self.type = type
      self.bytes = ByteBuffer(bytes: bytes)
      let packed = bytes.count >= 1024 && !type.hasPrefix("font/") && !type.hasPrefix("image/png") ? Gzip.compress(bytes, level: 9) : nil
      self.packed = packed.map { ByteBuffer(bytes: $0) }
    }
  }

  private static let types = [
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
    "png": "image/png", "woff2": "font/woff2", "json": "application/json", "webmanifest": "application/manifest+json",
  ]
  private static let bytesMax = 32 << 20
  /// Nothing but the console's own files runs or is shown, and no other page holds it in a frame.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  private let folder: String
  /// By their paths in the folder.
  private let assets: [String: File]
  private let index: File

  /// - Parameter path: a folder with `index.html` and `main.js`.
  init(_ path: String) throws(HostError) {
    var texts: [String: [UInt8]] = [:]
    do {
      for name in try FileManager.default.subpathsOfDirectory(atPath: path).sorted() {
        guard Self.types[Self.ending(name)] != nil, !name.hasPrefix("tests/"),
          let data = FileManager.default.contents(atPath: "\(path)/\(name)")
        else { continue }
        texts[name] = Array(data)
      }
    } catch {
      throw HostError("the console's folder \(path) cannot be read: \(error)")
    }
    guard let page = texts["index.html"], texts["main.js"] != nil, texts.values.reduce(0, { $0 + $1.count }) <= Self.bytesMax else {
      throw HostError("\(path) is no console: it has no index.html and main.js, or more than \(Self.bytesMax >> 20) MiB")
    }
    var whole: [UInt8] = []
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) { whole += Array(name.utf8) + [0] + Digest.sha256(text) }
    let digest = Digest.hexadecimal(Array(Digest.sha256(whole).prefix(8)))
    folder = "/assets/\(digest)/"
    assets = texts.reduce(into: [:]) { $0[$1.key] = File($1.value, type: Self.types[Self.ending($1.key)] ?? "") }
    let modules = Self.modules(reachedFrom: "main.js", in: texts)
    let preloads = modules.map { "<link rel=\"modulepreload\" href=\"/assets/\(digest)/\($0)\">" }.joined(separator: "\n")
    let text = String(decoding: page, as: UTF8.self).replacing("{{assets}}", with: "/assets/\(digest)").replacing(
      "<!-- modules -->", with: preloads)
    index = File(Array(text.utf8), type: Self.types["html"] ?? "")
  }

  private static func ending(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? "" }

  /// The modules that a browser needs before it can run one, so that it asks for all at once.
  private static func modules(reachedFrom first: String, in texts: [String: [UInt8]]) -> [String] {
    var (found, waiting) = ([first], [first])
    while let module = waiting.popLast() {
      let text = String(decoding: texts[module] ?? [], as: UTF8.self)
      for match in text.matches(of: /(?m)^(?:import|export)\s(?:[^"';]*\sfrom\s)?"(\.[^"]*)"/) {
        let path = resolved(String(match.1), from: module)
        guard texts[path] != nil, !found.contains(path) else { continue }
        found.append(path)
        waiting.append(path)
      }
    }
    return found
  }

  private static func resolved(_ path: String, from module: String) -> String {
    var parts = module.split(separator: "/").dropLast().map(String.init)
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  /// nil: what is asked for is none of the console's.
  func answer(_ request: Request) -> Response? {
    guard request.method == .get || request.method == .head else { return nil }
    let path = request.uri.path
    if path.hasPrefix("/assets/") {
      // Of another version: a page that was open while the server changed loads anew.
      guard path.hasPrefix(folder), let file = assets[String(path.dropFirst(folder.count))] else {
        return Response(
          status: .notFound, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
          body: .init(byteBuffer: ByteBuffer(string: "not there\n")))
      }
      return response(file, request, cache: "public, max-age=31536000, immutable")
    }
    // Services have dots; pages have none.
    let first = path.split(separator: "/").first ?? ""
    guard !first.contains("."), !["events", "session"].contains(first) else { return nil }
    return response(index, request, cache: "no-cache")
  }

  private func response(_ file: File, _ request: Request, cache: String) -> Response {
    var headers: HTTPFields = [
      .contentType: file.type, .cacheControl: cache, .vary: "accept-encoding", .contentSecurityPolicy: Self.policy,
      .xContentTypeOptions: "nosniff",
    ]
    for (name, value) in [("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"), ("cross-origin-opener-policy", "same-origin")] {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    var bytes = file.bytes
    if let packed = file.packed, ConnectCodec.acceptsGzip(request.headers[.acceptEncoding]) {
      bytes = packed
      headers[.contentEncoding] = "gzip"
    }
    guard request.method == .head else { return Response(status: .ok, headers: headers, body: .init(byteBuffer: bytes)) }
    headers[.contentLength] = String(bytes.readableBytes)
    return Response(status: .ok, headers: headers)
  }
}
