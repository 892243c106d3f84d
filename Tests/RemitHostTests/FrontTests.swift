import RemitAPI
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

  @Test("Permissions match exactly, or by a pattern that ends in a star")
  func permissions() {
    #expect(PermissionSet(["*"]).allows("ledger.customer.get"))
    #expect(PermissionSet(["ledger.*"]).allows("ledger.customer.get"))
    #expect(PermissionSet(["ledger.customer.get"]).allows("ledger.customer.get"))
    #expect(!PermissionSet(["ledger.customer.get"]).allows("ledger.customer.getall"))
    #expect(!PermissionSet(["ledger.customer.*"]).allows("ledger.invoice.post"))
    #expect(!PermissionSet([]).allows("ledger.customer.get"))
  }

  @Test("grpc-timeout is at most eight digits and a unit")
  func timeouts() {
    #expect(CallHeaders.timeout("500m") == .milliseconds(500))
    #expect(CallHeaders.timeout("2S") == .seconds(2))
    #expect(CallHeaders.timeout("1H") == .seconds(3600))
    for text in ["", "5", "m", "-1S", "123456789S", "5x"] { #expect(CallHeaders.timeout(text) == nil) }
  }
}
