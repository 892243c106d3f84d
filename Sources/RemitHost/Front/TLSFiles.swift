import FoundationEssentials
import GRPCNIOTransportHTTP2Posix
import NIOSSL
import SwiftASN1
import X509

/// Certificates in PEM files: without any, remitd listens on loopback only.
public struct TLSFiles: Sendable {
  public var certificate: String
  public var privateKey: String
  /// Where it is given, every client must show a certificate of this authority.
  public var clientAuthority: String?

  public init(certificate: String, privateKey: String, clientAuthority: String?) {
    self.certificate = certificate
    self.privateKey = privateKey
    self.clientAuthority = clientAuthority
  }

  /// Reads them once, so that a mistake is told with the file's name.
  func transportSecurity() throws(HostError) -> HTTP2ServerTransport.Posix.TransportSecurity {
    try check(certificate)
    guard FileManager.default.isReadableFile(atPath: privateKey) else { throw HostError("the private key \(privateKey) cannot be read") }
    guard let clientAuthority else {
      return .tls(certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: privateKey, format: .pem))
    }
    try check(clientAuthority)
    return .mTLS(certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: privateKey, format: .pem)) {
      $0.trustRoots = .certificates([.file(path: clientAuthority, format: .pem)])
    }
  }

  /// The same for HTTP.
  func serverConfiguration() throws(HostError) -> TLSConfiguration {
    try check(certificate)
    do {
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
      configuration.minimumTLSVersion = .tlsv12
      if let clientAuthority {
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority))
        configuration.certificateVerification = .noHostnameVerification
      }
      return configuration
    } catch {
      throw HostError("\(certificate) and \(privateKey) cannot be used: \(error)")
    }
  }

  private func check(_ file: String) throws(HostError) {
    guard let data = FileManager.default.contents(atPath: file) else { throw HostError("the certificate \(file) cannot be read") }
    // A file may have a chain; the first is the one that counts.
    let marker = "-----END CERTIFICATE-----"
    let text = String(decoding: data, as: UTF8.self)
    guard let end = text.firstRange(of: marker), let certificate = try? Certificate(pemEncoded: String(text[..<end.upperBound])) else {
      throw HostError("\(file) is not a certificate in PEM")
    }
    guard certificate.notValidAfter > Date() else { throw HostError("the certificate \(file) has expired (\(certificate.notValidAfter))") }
  }
}
