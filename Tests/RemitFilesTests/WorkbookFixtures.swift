import CZip
import FoundationEssentials
import Glibc
import RemitAPI
import RemitFiles

/// Workbooks: two that others wrote, and those that a test puts together.
enum WorkbookFixtures {
  /// A ZIP file.
  static func zip(_ parts: [(name: String, text: String)], password: String? = nil) -> [UInt8] {
    let source = zip_source_buffer_create(nil, 0, 0, nil)
    let archive = zip_open_from_source(source, ZIP_TRUNCATE, nil)
    zip_source_keep(source)
    for (name, text) in parts {
      // libzip reads them when the archive is closed, and frees them.
      let bytes = UnsafeMutableRawBufferPointer(start: malloc(max(1, text.utf8.count)), count: text.utf8.count)
      bytes.copyBytes(from: text.utf8)
      let part = zip_source_buffer(archive, bytes.baseAddress, zip_uint64_t(bytes.count), 1)
      let index = zip_file_add(archive, name, part, ZIP_FL_ENC_UTF_8)
      if let password { zip_file_set_encryption(archive, zip_uint64_t(index), UInt16(ZIP_EM_AES_256), password) }
    }
    zip_close(archive)
    defer { zip_source_free(source) }
    var stat = zip_stat_t()
    zip_source_stat(source, &stat)
    var file = [UInt8](repeating: 0, count: Int(stat.size))
    zip_source_open(source)
    zip_source_read(source, &file, stat.size)
    zip_source_close(source)
    return file
  }

  /// The parts of a workbook of one sheet.
  ///
  /// - Parameters:
  ///   - sheet: what stands in its data.
  ///   - styles: what stands in the style sheet.
  static func parts(
    _ sheet: String, texts: [String] = [], styles: String = "", properties: String = "", after: String = ""
  ) -> [(name: String, text: String)] {
    let types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    func relations(_ targets: [(type: String, target: String)]) -> String {
      let items = targets.enumerated().map { "<Relationship Id='r\($0)' Type='\(types)/\($1.type)' Target='\($1.target)'/>" }
      return "<Relationships>\(items.joined())</Relationships>"
    }
    return [
      ("_rels/.rels", relations([("officeDocument", "xl/workbook.xml")])),
      (
        "xl/workbook.xml",
        "<x:workbook xmlns:x='m' xmlns:r='\(types)'>\(properties)<x:sheets><x:sheet name='Data' r:id='r0'/></x:sheets></x:workbook>"
      ),
      (
        "xl/_rels/workbook.xml.rels",
        relations([("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "/xl/texts.xml"), ("styles", "../xl/styles.xml")])
      ),
      ("xl/texts.xml", "<sst>\(texts.map { "<si>\($0)</si>" }.joined())</sst>"),
      ("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>"),
      ("xl/worksheets/sheet1.xml", "<worksheet><sheetData>\(sheet)</sheetData>\(after)</worksheet>"),
    ]
  }

  static func table(_ parts: [(name: String, text: String)], _ options: TableFile.Options = .init()) throws(CallError) -> TableFile {
    try TableFile(zip(parts), options)
  }

  private static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }

  /// Of openpyxl 3.1, less its theme: a hidden sheet "Notes", and "Offene Posten" with a title over its header.
  static let openpyxl = bytes(
    """
    UEsDBBQAAAAIAAAAIVymCPa3QwEAAEICAAAYAAAAeGwvd29ya3NoZWV0cy9zaGVldDEueG1sdVLbTsMwDP2VKh+wdEhcNLWV6BCCB6RpE/CctW4bLYlL4tHx9zjtbjzwFNvx\
    udhJNqDfhQ6AkoM1LuSiI+oXUoaqA6vCDHtwfNOgt4o49a0MvQdVjyBr5E2a3kmrtBNFNtZWvshwT0Y7WPkk7K1V/qcEg0Mu5uJUWOu2o7Egi6xXLWyA3nsGcCrPPLW24IJG\
    l3hocvE4X5QTYuz40DCEqziJw2wRdzF5rXORRk9goKJIofj4hiUYE5nYydeRVFxEI/I6PtE/j/Ozva0KsETzqWvqcvEgkhoatTe0xuEFjjPdXiw+KVJF5nFIfBy2yKoYRElu\
    1C4uaUOe65qVqAhQeaBMEnuIFVkdEeV/iMPfZslSJ/+Tdtztm/KtdiEx0DBJOrtnh34yOyWE/fgWWyRCO4YdvzH42MD3DSKdk7is87cpfgFQSwMEFAAAAAgAAAAhXDUKmkmB\
    AgAAXAYAABgAAAB4bC93b3Jrc2hlZXRzL3NoZWV0Mi54bWyVVc1y0zAQfhWPORM7P45LxvFM0yYpwxQy7QBn2VnHnsqWkZQEuHPmAbhyhHsPcOqr0PdgJbWubewDnslE0n7f\
    /nxerYMj4zciBZDWx5wWYm6nUpYzxxFxCjkRA1ZCgZaE8ZxI3PKdI0oOZKtJOXVGrjt1cpIVdhjosw0PA7aXNCtgwy2xz3PCPy2AsuPcHtqPB1fZLpX6wAmDkuzgGuTbEgm4\
    dSo/2yyHQmSssDgkc/t0OFv7mqER7zI4itraUsVEjN2ozcvt3HZVTkAhlsoFwb8DnAGlyhNm8uHBqf0UVDHr60f3K10/phcRAWeMvs+2Mp3bJ7a1hYTsqbxixwt4qMl7SvGc\
    SBIGnB0trooNg1gtFhgSgVmhRLqWHM8zjCTDN0kCBVgbJiQUgSMxFWVwYvyhk8rTuPI07vH0al9soelBE876CAuQnOw6GOd9jNXdd0qzLsqyj7KGaB+nsoOy6s/rM0lpF2X9\
    P6U05JtU8k16XLjucDTukg8JQrct0lTLH0IETgbeNHAOddEMblTDTabuyG+ilgY1bqMGU3cynJqnyViZhCMTuWlbGxto27PXzmllbhTvVcV7ncXjtdPDYCZKEsPcxtsugB/Q\
    7eXdL0qBW0YXrqFcXdPIOhD6eJkdfYTvOo8uKmRLRa9W8XN30Cpk6f0jy7gFWXk1HdyWDl6v6g0h/EoIv6cL/tz+vP/2+/7Lj/uvt13N4NfbwG0+rX7wdUmTRmbjk1Y/rA2q\
    nj+K86KVvlObLDnwnR5pworZvpBmyFSnZmwuhrPlw7t5wpupe0n4LiuERSFBrjvwMTY3Y8xsJCv1i42YlCzXyxSnP3AFQHvCmKw2KkL1QQn/AlBLAwQUAAAACAAAACFc8/zo\
    Lw8BAAAPBAAADQAAAHhsL3N0eWxlcy54bWy1lMFuhCAURX+FYNJVR5jGcVKrLtqkSXdNZtOtFawmPLCAjf59RY2jSd00IxvehdxzeYQQG9sJfik5t6gFIU2CS2vriBCTlxwy\
    46uay36nUBoy20v9RUytecaMM4EgD5SGBLJK4jSWDbyCNShXjbQJDuYlNE5vLMHHMMBoxL0oxhPc9eMAcGAMI/Kn4bRlQGUEEBmzZQzXRu/e86hPKbr7bpR9YllnxmrLf177\
    GfMBfBc/GMjUbhrnXIiLu8mPYm7+2DffFgscdTA5l5UQU/mpNON6Eo67xI3wBTf8H7eufpR9bqxVctCub/6ueVG1g26L6wFW+OkW9ww47x1w2jsg2Dfg8eZ4Mr2qvrp+Aekv\
    UEsDBBQAAAAIAAAAIVy3R+uKwAAAABYCAAALAAAAX3JlbHMvLnJlbHOdkktuAjEMQK8SZV9MqcQCMazYsEOIC7iJ56OZxJFjxPT2jdjAIGgRS/+eni2vDzSgdhxz26VsxjDE\
    XNlWNa0AsmspYJ5xolgqNUtALaE0kND12BAs5vMlyC3Dbta3THP8SfQKkeu6c7RldwoU9QH4rsOaI0pDWtlxgDNL/83czwrUmp2vrOz8pzXwpszz9SCQokdFcCz0kaRMi3aU\
    rz6e3b6k86VjYrR43+j/89CoFD35v50wpYnS10UJJm+w+QVQSwMEFAAAAAgAAAAhXDh3CpBPAQAAbQIAAA8AAAB4bC93b3JrYm9vay54bWyNkdFOwzAMRX+lygfQroJJTCsv\
    TMAktE0M7T1t3NVaEleJu8G+nqRVyyReeEp9fXty7Swv5E4l0Sn5Mtr6hStEw9wu0tRXDRjp76gFG3o1OSM5lO6YUl1jBSuqOgOW0zzL5qkDLRnJ+gZbLwbaf1i+dSCVbwDY\
    6AFlJFrxtByT7VyS3lbEUMWbohqVA8LF/xpimZzRY4ka+bsQ/bcGkRi0aPAKqhCZSHxDlzdyeCXLUu8rR1oXYjY0DuAYqz/yPsb8lKXvFZblR5y5EPMsAGt0nntHz5ch5BmC\
    uffKjukFNYNbSYZXR12L9ti3whjpzRz9KsYzsdJAITZhZh8jBGmthjgcOGHBqBRYkbgFBt2t1QC8/Xlb12Ah2ZHn6Jwg+QSZNjRR8iHWmEVBjRbUJvB8bITNVOFZ4tHHye8f\
    Zo9hA53Wz0Hb2neSahpufJmnH1BLAwQUAAAACAAAACFcq15yLrQAAACNAgAAGgAAAHhsL19yZWxzL3dvcmtib29rLnhtbC5yZWxzxZJNCoMwEEavEnIAR23poqirbtwWLxB0\
    /MHEhMyU6u0rulChi26kq/BNyPseTJInasWdHajtHInR6IFS2TK7OwCVLRpFgXU4zDe19UbxHH0DTpW9ahDiMLyB3zNkluyZopgc/kK0dd2V+LDly+DAX8Dwtr6nFpGlKJRv\
    kFMJo97GBMsRBTNZirxKpc+rSAr4t1F8MIrPNCKeNNKms+ZD/+XMfp7f4la/xHV4XMt1kYDD78s+UEsDBBQAAAAIAAAAIVyl4RtYHgEAAGAEAAATAAAAW0NvbnRlbnRfVHlw\
    ZXNdLnhtbMWUTW7CMBCFrxJ5ixIDiy4qwqbttmXRC7jOhFjxnzwDDbfvJClZVBSKQOomVjxv3vfsibJ6P0TArHPWYykaovgoJeoGnMIiRPBcqUNyivg1bWVUulVbkMv5/EHq\
    4Ak85dR7iPXqGWq1s5S9dLyNJvhSJLAosqdR2LNKoWK0Riviutz76gcl/yYU3DlosDERZywQmTyJGEq/Eo6Nb3tIyVSQbVSiV+VYJjsrkQ4WsDjvcSJlqGujoQp657ilwJhA\
    VdgAkLPFaDq7gCa+ZBifi5sDDDZniSzdpBCRp5bget5xLH13HtkIEpkLh5yQ7H3zCaGfeAXVX+F8w58htcNMUA7L4s5znvyvDbL8zyAfIbT3/uD7tXDK+CmAHH4s6y9QSwEC\
    FAMUAAAACAAAACFcpgj2t0MBAABCAgAAGAAAAAAAAAAAAAAAgAEAAAAAeGwvd29ya3NoZWV0cy9zaGVldDEueG1sUEsBAhQDFAAAAAgAAAAhXDUKmkmBAgAAXAYAABgAAAAA\
    AAAAAAAAAIABeQEAAHhsL3dvcmtzaGVldHMvc2hlZXQyLnhtbFBLAQIUAxQAAAAIAAAAIVzz/OgvDwEAAA8EAAANAAAAAAAAAAAAAACAATAEAAB4bC9zdHlsZXMueG1sUEsB\
    AhQDFAAAAAgAAAAhXLdH64rAAAAAFgIAAAsAAAAAAAAAAAAAAIABagUAAF9yZWxzLy5yZWxzUEsBAhQDFAAAAAgAAAAhXDh3CpBPAQAAbQIAAA8AAAAAAAAAAAAAAIABUwYA\
    AHhsL3dvcmtib29rLnhtbFBLAQIUAxQAAAAIAAAAIVyrXnIutAAAAI0CAAAaAAAAAAAAAAAAAACAAc8HAAB4bC9fcmVscy93b3JrYm9vay54bWwucmVsc1BLAQIUAxQAAAAI\
    AAAAIVyl4RtYHgEAAGAEAAATAAAAAAAAAAAAAACAAbsIAABbQ29udGVudF9UeXBlc10ueG1sUEsFBgAAAAAHAAcAxgEAAAoKAAAAAA==
    """)

  /// Of XlsxWriter 3.2, less its theme: an empty sheet, and one with days since 1904, shared texts and results of formulas.
  static let xlsxWriter = bytes(
    """
    UEsDBBQAAAAIAAAAIVxZu7xvUQEAABcFAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbMWUy27CMBBF9/2KyNsqMbCoqorAoo9li1T6Aa49IRZ+yWMo/H0nCaCqojwEUje27Llz\
    z7VleTheWZMtIaL2rmT9oscycNIr7WYl+5i+5PcswyScEsY7KNkakI1HN8PpOgBm1OywZHVK4YFzlDVYgYUP4KhS+WhFomWc8SDkXMyAD3q9Oy69S+BSnhoPNho+QSUWJmXP\
    K9rugkQwyLLHTtiwSiZCMFqKRHW+dOoXJd8QCupsNVjrgLckYHwvoan8Ddj0vdHNRK0gm4iYXoUlFVdeTqIPyElfHHbZE9NXlZZAHgtLLQU0gRSoPJAlxKRhl/kgW/oI58O3\
    d9R0n0hcGY5pbQAvPiqGCEJhDZCsKTrTI+RE7wm6sX8xv7U5Avzycf7p/fzah23mwgrtTuC3YuTt1L9ykJ3/mTkG/5QDaxFBvadI39HVX+BP720O3v5ro29QSwMEFAAAAAgA\
    AAAhXPKfSdrpAAAASwIAAAsAAABfcmVscy8ucmVsc62SwU7DMAxA73xF5PuabkgIoaW7IKTdJjQ+wCRuG7WNo8SD7u+JkEAMjWkHjnHs52fL6808jeqNUvYcDCyrGhQFy86H\
    zsDL/mlxDyoLBocjBzJwpAyb5mb9TCNKqcm9j1kVSMgGepH4oHW2PU2YK44Uyk/LaUIpz9TpiHbAjvSqru90+smA5oSpts5A2rolqP0x0jVsbltv6ZHtYaIgZ1r8yihkTB2J\
    gXnU75yGV+ahKlDQ511W17v8PaeeSNChoLacaBFTqU7iy1q/dRzbXQnnz4xLQrf/uRyahYIjd1kJY/wy0ic30HwAUEsDBBQAAAAIAAAAIVy0o8su8AAAAEYDAAAaAAAAeGwv\
    X3JlbHMvd29ya2Jvb2sueG1sLnJlbHO9ks1qwzAQhO99CrH3WrbTllIi51ICubbpAwhrbZnYktBuf/z2FQlNHQimB9OTmBU787HMevM19OIDI3XeKSiyHAS62pvOtQre9tvb\
    RxDE2hnde4cKRiTYVDfrF+w1px2yXSCRTBwpsMzhSUqqLQ6aMh/QpZ/Gx0FzkrGVQdcH3aIs8/xBxqkHVBeeYmcUxJ0pQOzHgH/x9k3T1fjs6/cBHV+JkJ8+HsgicjLVsUVW\
    cB6RPD5FllxBXocp/xmmnINZLQnDaRd/QY7yNJw9yN2SDMRjn9p1hjjpufj7ReOtjmheOabqTymm4x8YeVH/6htQSwMEFAAAAAgAAAAhXCwpvVMTAQAAxgEAABgAAAB4bC93\
    b3Jrc2hlZXRzL3NoZWV0MS54bWyNUU1PwzAMvfMrIt9ZOtAATW0npGmCAxLi6+61ThstiavEY/DvSTttQuLC7b08+/nZKVdf3qlPislyqGA+K0BRaLi1oavg/W1zeQcqCYYW\
    HQeq4JsSrOqL8sBxl3oiUdkgpAp6kWGpdWp68phmPFDIiuHoUTKNnU5DJGynJu/0VVHcaI82wNFhGf/jwcbYhtbc7D0FOZpEcig5furtkKAuW5u1cR8VyVRwPwddl9PYD0uH\
    9Asrwe0rOWqE2rw8qHGrLfNuFB/zUzG26j+9mynRc1QtGdw7eeHDA9mul2yyOE9bo2DGA3b0hLGzISlHJtcUs1tQ8Vg/YeFhQgtQWxZhf2J9PhjFkV2DMsxyImOs8xfUP1BL\
    AwQUAAAACAAAACFcxv/HaKIBAADAAwAAGAAAAHhsL3dvcmtzaGVldHMvc2hlZXQyLnhtbI2TwXLbIBCG730KhnuNJEt26pGUSWtnmkNmOpm0dyItEhMJNEDs9u27YMfBqg/l\
    tMsHu/+/A+Xt73EgezBWalXRdJFQAqrRrVRdRX8+33++ocQ6rlo+aAUV/QOW3tafyoM2r7YHcAQLKFvR3rlpw5htehi5XegJFBKhzcgdpqZjdjLA23BpHFiWJCs2cqnoscLG\
    /E8NLYRsYKubtxGUOxYxMHCH8m0vJ0vrspXIvB9iQFT0Lt3sCsrqMnT+JeFgo5h4Iy9av/rkoa1o4o+yf87eBxE/DGlB8LfBPenDd5Bd73BoH9W33PG6NPpA0E2Kk5u4n026\
    KVBX4zfvcBfveJ37OinZHps1J/Y1Zukl+xaz7JJtY7a8ZLuY5WfGUONZaHZVaBZdLGZCY7aaCfXVvPnQMC9Ws7vbI88++GKJK8+/JOt8ZnrnT4k6ZWhKhIGFs/G67qi46qiI\
    VK9njmJ2M1NxYs4ENVQxTk96MJwJYNE7mHgHj9x0UlkygMAayWJNiTk+mxA7PYUIW7xo5/T4nvX4VcD4bEmJ0Nq9J/51nj9f/RdQSwMEFAAAAAgAAAAhXA0UW+9nAQAAXwIA\
    AA8AAAB4bC93b3JrYm9vay54bWyNUUtOwzAQ3XMKa/Y0H6URqZpW4icqVcAC2rWJJ41Vx45sh7SnQBwCiYshroGdKqXsWM2853lvPp7Od7Ugr6gNVzKHaBQCQVkoxuUmh+en\
    2/MLIMZSyahQEnPYo4H57GzaKb19UWpLnF6aHCprm0kQmKLCmpqRalC6l1LpmloH9SYwjUbKTIVoaxHEYZgGNeUSDg4T/R8PVZa8wGtVtDVKezDRKKh105uKNwZm05ILXB0W\
    IrRp7mntxt4JIIIae8O4RZZD4qDq8A+h2+ay5cKDcTiGYHZc8lETRi1GWZi4GwFhWNJW2Cc359DK8XESx6mXecmKY2d+HTwkuzWXTHU5xIk7835A0RhI1+drzmzliDTMjtwd\
    8k1lc8jSNPTmwYl7f8whEtlvukTU7ss8s2D9tHrCXaIXLPL609qvt/fvj8+T6vikOu67DS0KKgp3Bh962zgZRxmQshXiynEPcqlo386Lhq1nP1BLAwQUAAAACAAAACFcQggF\
    rSQBAAD3AQAAFAAAAHhsL3NoYXJlZFN0cmluZ3MueG1sZZFNT8MwDIbv/Iood5Zs4mNMbXYYKlxASMBllynrvC1SPorjVhu/jRt/jLTlQysXS+9jO/brZPODs6wBjCb4nI9H\
    kjPwZdgYv8v560txPuUskvYbbYOHnB8h8rk6y2Ikllp9zPmeqJoJEcs9OB1HoQKfMtuATlOSuBOxQtCbuAcgZ8VEyivhtPGclaH2lPMbzmpv3mpY/GiVRaMyUo+YCVKZaNU3\
    0Q6G7FZT7YZwCYaG7Ll2/7ulvD5FmGhrbhYrXSbPafsI2ABXD58f1gKyvh67UnxKYS1S6ztrtE1HHPOkymADMko3SS90BIvgqS9ZaGvWaFq61c7YY48nLejuCD1wxgdsoeim\
    kLpz6/vf4ScepkNbq4OUl0UbL8arv6RIP6e+AFBLAwQUAAAACAAAACFcjqdhawgBAABSAgAADQAAAHhsL3N0eWxlcy54bWytkk1LxDAQhu/+iiF43SarpcradgWh4MXLKgji\
    IdtMt4V8lCSV9t+b2lK7eFKcS96ZMM+8E5LueyXhA61rjM7INmIEUJdGNPqUkZfnYnNLwHmuBZdGY0YGdGSfX6TODxIPNaKHQNAuI7X37Y5SV9aouItMizrcVMYq7kNqT9S1\
    FrlwY5OS9IqxhCreaJKnulOF8g5K02kfbCwlmI5HEYpJTGDCPRgRrLxdbmJ28y4iUCFgCAH1Tqm7e0LzlM7MPC1RysNo97U6m9BXKzob2XqRjZSzPBor0E7JiF3TJvYKe/0n\
    LPTVwj/r3sa/agfetnJ46tQRbfH1UOOiP6DJP1HpvHxQ378h/wRQSwECFAMUAAAACAAAACFcWbu8b1EBAAAXBQAAEwAAAAAAAAAAAAAAgAEAAAAAW0NvbnRlbnRfVHlwZXNd\
    LnhtbFBLAQIUAxQAAAAIAAAAIVzyn0na6QAAAEsCAAALAAAAAAAAAAAAAACAAYIBAABfcmVscy8ucmVsc1BLAQIUAxQAAAAIAAAAIVy0o8su8AAAAEYDAAAaAAAAAAAAAAAA\
    AACAAZQCAAB4bC9fcmVscy93b3JrYm9vay54bWwucmVsc1BLAQIUAxQAAAAIAAAAIVwsKb1TEwEAAMYBAAAYAAAAAAAAAAAAAACAAbwDAAB4bC93b3Jrc2hlZXRzL3NoZWV0\
    MS54bWxQSwECFAMUAAAACAAAACFcxv/HaKIBAADAAwAAGAAAAAAAAAAAAAAAgAEFBQAAeGwvd29ya3NoZWV0cy9zaGVldDIueG1sUEsBAhQDFAAAAAgAAAAhXA0UW+9nAQAA\
    XwIAAA8AAAAAAAAAAAAAAIAB3QYAAHhsL3dvcmtib29rLnhtbFBLAQIUAxQAAAAIAAAAIVxCCAWtJAEAAPcBAAAUAAAAAAAAAAAAAACAAXEIAAB4bC9zaGFyZWRTdHJpbmdz\
    LnhtbFBLAQIUAxQAAAAIAAAAIVyOp2FrCAEAAFICAAANAAAAAAAAAAAAAACAAccJAAB4bC9zdHlsZXMueG1sUEsFBgAAAAAIAAgACAIAAPoKAAAAAA==
    """)
}
