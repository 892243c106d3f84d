import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import RemitAPI
import RemitDigest
import SwiftASN1
import X509

/// The certificate that a client shows, by its fingerprint.
struct ClientCertificate: Sendable {
  /// Over its DER encoding, as `openssl x509 -fingerprint -sha256` shows it.
  let sha256: [UInt8]
  let expiresAt: Date

  /// The certificate of a connection; nil where it has none.
  init?(of context: ServerContext) {
    guard let posix = context.transportSpecific as? HTTP2ServerTransport.Posix.Context, let certificate = posix.peerCertificate else {
      return nil
    }
    // What came over TLS was DER, and can be written as such again.
    try? self.init(certificate)
  }

  /// - Parameter pem: text with one certificate.
  init(pem: String) throws(CallError) {
    do {
      try self.init(Certificate(pemEncoded: pem))
    } catch {
      throw CallError.invalid([("certificate", "must be a certificate in PEM: -----BEGIN CERTIFICATE-----")])
    }
  }

  private init(_ certificate: Certificate) throws {
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    sha256 = Digest.sha256(serializer.serializedBytes)
    expiresAt = certificate.notValidAfter
  }
}
