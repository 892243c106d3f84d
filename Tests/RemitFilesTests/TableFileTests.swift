import RemitAPI
import RemitFiles
import Testing

func table(_ text: String, _ set: (inout TableFile.Options) -> Void = { _ in }) throws(CallError) -> TableFile {
  var options = TableFile.Options()
  set(&options)
  return try TableFile(Array(text.utf8), options)
}

/// The words in which a file is refused; nil: it is taken.
func refusal(_ read: () throws(CallError) -> TableFile) -> String? {
  do throws(CallError) {
    _ = try read()
    return nil
  } catch { return error.message }
}

@Suite("Separated values as a table")
struct SeparatedTableTests {
  @Test("The header's names and the records below, each with its line")
  func plain() throws {
    let table = try table("Kunde;Betrag\n007;\"1,5\"\n;\n\n008;\n")
    #expect(table.format == .csv)
    #expect(table.columns == ["Kunde", "Betrag"])
    #expect(table.records.map(\.cells) == [["007", "1,5"], ["008", ""]])
    #expect(table.records.map(\.line) == [2, 5])
  }

  @Test("The header is the first row with two filled cells, or the given one")
  func header() throws {
    let text = "Open items,,\n,,\nName,No,\nA,1,\nB,2,\n"
    #expect(try table(text).columns == ["Name", "No"])
    #expect(try table(text) { $0.header = 4 }.columns == ["A", "1"])
    #expect(refusal { () throws(CallError) in try table(text) { $0.header = 2 } } == "header is row 2, where nothing stands")
    #expect(refusal { () throws(CallError) in try table(text) { $0.header = -1 } } == "header is row -1, where nothing stands")
  }

  @Test("A table of one column has the first filled row as its header")
  func oneColumn() throws {
    let table = try table("\nName\nA\n\nB\n")
    #expect(table.columns == ["Name"])
    #expect(table.records.map(\.cells) == [["A"], ["B"]])
  }

  @Test("An empty name stays empty, and the later of two same ones is numbered")
  func names() throws {
    #expect(try table(" A ,,A,A (2),A,\n1,2,3,4,5,6\n").columns == ["A", "", "A (2)", "A (2) (2)", "A (3)", ""])
  }

  @Test("Cells beyond the header are refused with their line, unless they are blank")
  func surplus() throws {
    #expect(try table("A,B\n1,2,,\n3\n").records.map(\.cells) == [["1", "2"], ["3", ""]])
    #expect(refusal { () throws(CallError) in try table("A,B\n1,2\nx,1,5\n") }?.contains("3 cells on line 3") == true)
    let wide = "A,B\n" + String(repeating: ",", count: 600)
    #expect(try table(wide + "\n1,2").records.count == 1)
    #expect(refusal { () throws(CallError) in try table(wide + "x") }?.contains("more than 512 columns") == true)
  }

  @Test("The delimiter and the encoding may be given")
  func options() throws {
    #expect(try table("a,b|c\n1|2\n") { $0.delimiter = UInt8(ascii: "|") }.columns == ["a,b", "c"])
    #expect(refusal { () throws(CallError) in try table("a") { $0.delimiter = UInt8(ascii: "x") } }?.hasPrefix("delimiter must be") == true)
    var options = TableFile.Options()
    options.encoding = "windows-1252"
    #expect(try TableFile([0xC4, 0x2C, 0x42, 0x0A, 0x31, 0x2C, 0x32], options).columns == ["Ä", "B"])
  }

  @Test("What is empty, or another kind of file, is told as what it is")
  func refused() {
    #expect(refusal { () throws(CallError) in try table("") } == "file is empty")
    #expect(refusal { () throws(CallError) in try table("\n , \n") } == "file has no rows")
    #expect(refusal { () throws(CallError) in try table("%PDF-1.7") }?.contains("PDF") == true)
    let old: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1]
    #expect(refusal { () throws(CallError) in try TableFile(old) }?.contains("save it as XLSX") == true)
    #expect(refusal { () throws(CallError) in try table("a,b") { $0.format = .xlsx } }?.contains("no XLSX workbook") == true)
    let large = [UInt8](repeating: 0x61, count: 48 << 20 + 1)
    #expect(refusal { () throws(CallError) in try TableFile(large) }?.contains("larger than 48 MiB") == true)
  }
}

@Suite("JSON as a table")
struct JSONTableTests {
  @Test("Columns are keys in the order of their first appearance; numbers stay as they are written")
  func plain() throws {
    let table = try table(
      "\u{FEFF}"
        + #" [{"no":"007","net":1.50,"customer":{"name":"Müller","vat":null}},{"paid":true,"no":8,"tags":["a",1,null]},{}, {"net":1e3}]"#)
    #expect(table.format == .json)
    #expect(table.columns == ["no", "net", "customer.name", "customer.vat", "paid", "tags"])
    #expect(
      table.records.map(\.cells) == [
        ["007", "1.50", "Müller", "", "", ""], ["8", "", "", "", "true", "a, 1, "], ["", "1e3", "", "", "", ""],
      ])
    #expect(table.records.map(\.line) == [1, 2, 4])
  }

  @Test("The list is the document, the only array in it, or the given one")
  func list() throws {
    let one = #"{"meta":{"page":1},"data":{"items":[{"a":1}]}}"#
    #expect(try table(one).records.map(\.cells) == [["1"]])
    let two = #"{"errors":[],"data":{"items":[{"a":1}]}}"#
    #expect(refusal { () throws(CallError) in try table(two) } == "list must be given: the file has several (errors, data.items)")
    #expect(try table(two) { $0.list = "data.items" }.records.count == 1)
    #expect(refusal { () throws(CallError) in try table(two) { $0.list = "data" } } == #"list is "data", where the file has no list"#)
    #expect(refusal { () throws(CallError) in try table(#"{"a":1}"#) } == "file has no list of records")
    #expect(refusal { () throws(CallError) in try table("[]") }?.contains("list is empty") == true)
  }

  @Test(
    "What is no table is refused with its place",
    arguments: [
      (#"[{"a":1},[2]]"#, "no object with names and values as element 2"), (#"[{"a":[{"b":1}]}]"#, "as a of element 1"),
      (#"[{"a":{"b":1},"a.b":2}]"#, "has a.b twice in element 1"), (#"[{"a":1}"#, "not whole JSON"), (#"[{"a":1,"a":2}]"#, "stands twice"),
      (#"[{"a":"\u0000"}]"#, "zero byte in a of element 1"), ("[[1,2]]", "no object"),
    ])
  func refused(_ text: String, _ words: String) {
    #expect(refusal { () throws(CallError) in try table(text) }?.contains(words) == true)
  }

  @Test("What would grow without bound is refused")
  func limits() {
    let many = (0...512).map { #""k\#($0)":1"# }.joined(separator: ",")
    #expect(refusal { () throws(CallError) in try table("[{\(many)}]") }?.contains("more than 512 columns") == true)
    let long = String(repeating: "x", count: 32_769)
    #expect(
      refusal { () throws(CallError) in try table(#"[{"a":"\#(long)"}]"#) }?.contains("more than 32768 bytes in a of element 1") == true)
    #expect(refusal { () throws(CallError) in try table(#"[{"\#(long)":1}]"#) }?.contains("a name of more than 1000 bytes") == true)
    #expect(refusal { () throws(CallError) in try table(#"[{"a":"# + String(repeating: "[", count: 200)) }?.contains("deep") == true)
    #expect(refusal { () throws(CallError) in try table("[" + String(repeating: "{},", count: 6_100_000)) }?.contains("cells") == true)
    let sparse = (0..<11_000).map { #"{"k\#($0 % 500)":1}"# }.joined(separator: ",")
    #expect(refusal { () throws(CallError) in try table("[\(sparse)]") }?.contains("5000000 cells") == true)
  }
}
