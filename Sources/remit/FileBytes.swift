import FoundationEssentials
import Glibc

/// What a file holds that the user named, also a pipe or a device; else the command ends with the reason. A file larger than any that
/// remitd takes is not read to its end.
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
    guard data.count + count <= 48 << 20 else { try fail("\(path) is larger than 48 MiB: part it", EX_NOINPUT) }
    data.append(contentsOf: buffer[..<count])
  }
}
