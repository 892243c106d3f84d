import RemitAPI
import RemitDigest
import Testing

@testable import RemitHost

@Suite("The front")
struct FrontTests {
  @Test("A key is read back from its text, and its secret is not its hash")
  func keys() throws {
    let key = try APIKey()
    let read = try #require(APIKey(key.description))
    #expect(read.id == key.id)
    #expect(read.secretSHA256 == key.secretSHA256)
    #expect(read.secretSHA256.count == 32)
    #expect(try APIKey().description != key.description)
    for text in ["", "remit_", "remit_a_b", "other_\(key.id)_\(String(repeating: "A", count: 43))", key.description + "A"] {
      #expect(APIKey(text) == nil)
    }
  }

  @Test("SHA-256 is that of FIPS 180-4")
  func digest() {
    #expect(
      Digest.hexadecimal(Digest.sha256(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("A pattern covers another where it allows all that the other allows")
  func covering() {
    let covered = [
      ("*", "*"), ("*", "ledger.*"), ("ledger.*", "ledger.*.get"), ("ledger.*.get", "ledger.customer.get"), ("a.*.*", "a.*.c"),
    ]
    let uncovered = [
      ("ledger.*", "*"), ("ledger.*.get", "ledger.*"), ("ledger.customer.get", "ledger.*.get"), ("ledger.*.get", "risk.customer.get"),
      ("*.get", "*"), ("a.b", "a.*"), ("a.*.c", "a.*.*"),
    ]
    for (own, other) in covered { #expect(PermissionSet([own]).covers(other), "\(own) \(other)") }
    for (own, other) in uncovered { #expect(!PermissionSet([own]).covers(other), "\(own) \(other)") }
  }

  @Test("Permissions match exactly, or by a pattern in which a star stands for a part, at the end for all that follow")
  func permissions() {
    #expect(PermissionSet(["*"]).allows("ledger.customer.get"))
    #expect(PermissionSet(["ledger.*"]).allows("ledger.customer.get"))
    #expect(PermissionSet(["ledger.customer.get"]).allows("ledger.customer.get"))
    #expect(!PermissionSet(["ledger.customer.get"]).allows("ledger.customer.getall"))
    #expect(!PermissionSet(["ledger.customer.*"]).allows("ledger.invoice.post"))
    #expect(PermissionSet(["ledger.*.get"]).allows("ledger.customer.get"))
    #expect(!PermissionSet(["ledger.*.get"]).allows("ledger.invoice.post"))
    #expect(!PermissionSet([]).allows("ledger.customer.get"))
  }

  @Test("grpc-timeout is at most eight digits and a unit")
  func timeouts() {
    #expect(CallHeaders.timeout("500m") == .milliseconds(500))
    #expect(CallHeaders.timeout("2S") == .seconds(2))
    #expect(CallHeaders.timeout("1H") == .seconds(3600))
    for text in ["", "5", "m", "-1S", "123456789S", "5x"] { #expect(CallHeaders.timeout(text) == nil) }
  }

  @Test("A traceparent is taken as W3C writes it, and anything else is none")
  func traces() throws {
    let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let trace = try #require(Trace(text))
    #expect(trace.traceparent == text && trace.id == "0af7651916cd43dd8448eb211c80319c" && trace.isSampled)
    #expect(Trace(String(text.dropLast()) + "2")?.isSampled == false)
    let zeros = String(repeating: "0", count: 32)
    for text in [
      "", "00", text.uppercased(), text + "-", text + "0", "ff" + text.dropFirst(2), "00-\(zeros)-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", text.replacing("b7ad", with: "'*/ "),
    ] { #expect(Trace(text) == nil) }
  }
}
