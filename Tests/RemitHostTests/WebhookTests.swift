import FoundationEssentials
import Testing

@testable import RemitHost

@Suite("Webhooks")
struct WebhookTests {
  @Test(
    "What is not for everybody is not public",
    arguments: [
      "0.0.0.0", "0.255.1.1", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
      "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
      "203.0.113.9",
      "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808",
      "64:ff9b:1::1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fdff::1",
      "fe80::1",
      "fec0::1", "ff02::1",
    ])
  func inner(_ text: String) throws {
    #expect(!PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
  }

  @Test(
    "What anybody reaches is",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
      "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
      "2001:200::1", "2003::1", "2606:4700:4700::1111", "2a00:1450:4001::1",
    ])
  func outer(_ text: String) throws {
    #expect(PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
  }

  @Test("An address is sent to as it was looked at")
  func target() throws {
    let target = try WebhookSender.Target("HTTPS://ERP.Example.COM:8443/Remit?A=b", allowed: [])
    #expect(target.url == "https://erp.example.com:8443/Remit?A=b" && target.host == "erp.example.com")
    for text in [
      "https://%00/", "https://a%0d%0ab/", "https://a%2fb/", "https://%52ebind.example.com/", "https://[fe80::1%25eth0]/",
      "https://[127.0.0.1]/", "https://a_b/", "https:///", "https://a:0/", "https://a\\@10.0.0.1/", "https://a@b/",
      "https://[::ffff:10.0.0.1]/",
    ] {
      #expect(throws: PublicAddress.Unreachable.self, "\(text)") { try WebhookSender.Target(text, allowed: []) }
    }
    #expect(try WebhookSender.Target("http://127.0.0.1:80", allowed: ["127.0.0.1"]).url == "http://127.0.0.1:80")
  }

  @Test("A message is signed as the specification's example is (standardwebhooks.com)")
  func signature() throws {
    let key = try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let signed = WebhookSecret(bytes: Array(key)).signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", time: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }
}
