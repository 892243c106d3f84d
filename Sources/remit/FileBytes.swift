import FoundationEssentials
import Glibc

/// What a file holds that the user named, also a pipe or a device; else the command ends with the reason.
func bytes(ofFile path: String) throws -> Data {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { try fail("\(path) cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT) }
  defer { close(descriptor) }
  var data = Data()
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { try fail("\(path) cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT) }
    guard count > 0 else { return data }
    data.append(contentsOf: buffer[..<count])
  }
}
