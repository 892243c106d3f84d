"""Connections that break HTTP/2."""

import contextlib
import re
import time

import grpc

import clients
from maker import LEDGER


class Odd(clients.Bad):
    """A connection from an address of its own, so that nobody waits for what another broke."""

    def __init__(self, port, address):
        self.socket = clients.socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))

    def answer(self, seconds):
        """The frames that came, until a call ended, the connection ended, or nothing came."""
        received, end = b"", time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not (some := self.socket.recv(1 << 16)):
                    break
                received += some
                if any(kind == clients.RST_STREAM or kind == clients.HEADERS and flags & clients.END_STREAM for kind, flags, _ in self.frames(received)):
                    break
        self.socket.close()
        return list(self.frames(received))

    @staticmethod
    def frames(received):
        while len(received) >= 9:
            length = int.from_bytes(received[:3], "big")
            yield received[3], received[4], received[9:9 + length]
            received = received[9 + length:]


# What HPACK's Huffman code (RFC 7541, appendix B) makes of "grpc-status" and of digits; the first on a connection is always a literal.
HUFFMAN = dict(zip("grpc-stau0123456789", (
    "100110 101100 101011 00100 010110 01000 01001 00011 101101 00000 00001 00010 011001 011010 011011 011100 011101 011110 011111").split()))
STATUS_NAME = int("".join(HUFFMAN[letter] for letter in "grpc-status") + "1111", 2).to_bytes(8, "big")
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}


def status(block):
    """The code of trailers; None where they have none that could be read."""
    _, found, rest = block.partition(STATUS_NAME)
    if found and rest:
        bits = "".join(f"{byte:08b}" for byte in rest[1:1 + (rest[0] & 0x7f)])
        for code in range(17):
            text = "".join(HUFFMAN[digit] for digit in str(code))
            if bits.startswith(text) and set(bits[len(text):]) <= {"1"} and len(bits) - len(text) < 8:
                return code
    found = re.search(rb"grpc-status[\x01\x02](\d+)", block)
    return int(found[1]) if found else None


def odd_connection(chance, key, body):
    """What is odd, the odd headers, and all bytes of a connection: of one call with odd headers, or odd frames."""
    frame, number = clients.frame, lambda value: value.to_bytes(4, "big")
    fields = [(":method", "POST"), (":scheme", "http"), (":path", LEDGER + "ListCustomers"), (":authority", "localhost"), ("content-type", "application/grpc"),
        ("te", "trailers"), ("authorization", f"Bearer {key}")]
    begin = clients.PREFACE + frame(clients.SETTINGS, 0, 0) + frame(clients.SETTINGS, 1, 0)
    data = frame(clients.DATA, clients.END_STREAM, 1, clients.message(body))
    block = lambda fields: b"".join(b"\0" + clients.text(name) + clients.text(value) for name, value in fields)
    head = frame(clients.HEADERS, clients.END_HEADERS, 1, block(fields))
    if chance.random() < 0.6:
        odd = {
            "grpc-timeout": ["-1S", "+5S", "1", "S", "99999999999S", "1Ś", "", "00000000S", "99999999H", "-9223372036854775808n", "1n", "0n", "1.5S", " 1S",
                "99999999999999999999H", "1s", "٣S"],
            "grpc-encoding": ["gzip", "identity", "deflate", "x", "", "gzip,gzip"], "grpc-accept-encoding": ["gzip", "x,,,", "identity;q=0", "," * 3000],
            "content-type": ["application/grpc+proto", "application/grpc+json", "application/grpcx", "application/json", "", "APPLICATION/GRPC",
                "application/grpc;x=\"", "text/html"],
            "te": ["", "x", "gzip"], ":path": ["", "/", "//", "x", "/é", "/%00%ff", "/" + "a" * 7000, "*", "/a/b/c", LEDGER, LEDGER + "ListCustomers?x=1",
                LEDGER + "ListCustomers/", "http://x/y"],
            ":method": ["GET", "", "PUT", "post", "CONNECT"], ":scheme": ["", "https", "x"], ":authority": ["", "é", "a" * 3000, "[::1", "@:99999"],
            ":status": ["200"], ":x": ["y"], "connection": ["close"], "transfer-encoding": ["chunked"],
            "idempotency-key": ["", " ", "é", "x" * 128, "x" * 129, "x" * 7000, "job/x", "via/x", "\t", "''"],
            "authorization": ["", "Bearer", "Bearer é", "Bearer " + "x" * 7000, "Bearer rk_", "Basic eDp4", "bearer " + key],
            "traceparent": ["", "00", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "ff-" + "g" * 32 + "-x-y", "'*/; --",
                "é" * 50], "tracestate": ["x" * 3000, "="],
            "user-agent": ["x" * 7000, ""], "x-bin": ["=", "é", "####", "YQ", "YQ=="], "grpc-status": ["13"], "grpc-message": ["%"],
            "content-length": ["-1", "5", "x", "99999999999999999999"],
            "Upper-Case": ["x"], "with blank": ["x"], "": ["x"], "x\0": ["y"], "x-value": ["a\r\nb", "a\0b"], "cookie": ["a=b"], "host": ["x"],
            "expect": ["100-continue"]}
        names = chance.sample(list(odd), chance.choice([1, 1, 2, 3]))
        for name in names:
            fields = [field for field in fields if field[0] != name or chance.random() < 0.2]
            fields.insert(chance.choice([0, len(fields), len(fields)]), (name, chance.choice(odd[name])))
        if chance.random() < 0.05:
            fields += [(f"x-{n}", "y") for n in range(200)]
        shown = ", ".join(f"{field[:30]}: {value[:24]!r}" for field, value in fields if field in names)
        return f"(headers) {' '.join(sorted(names))}", shown, begin + frame(clients.HEADERS, clients.END_HEADERS, 1, block(fields)) + data
    priority, padded = 2, 8
    kinds = {
        "length of 4 GB": head + frame(0, 1, 1, b"\0\xff\xff\xff\xff" + body), "compressed": head + frame(0, 1, 1, b"\1" + clients.message(body)[1:]),
        "flag 255": head + frame(0, 1, 1, b"\xff" + clients.message(body)[1:]),
        "split prefix": head + frame(0, 0, 1, b"\0\0") + frame(0, 0, 1, b"\0\0") + frame(0, 1, 1, b"\0"), "half prefix": head + frame(0, 1, 1, b"\0\0"),
        "message in bytes": head + b"".join(frame(0, 0, 1, bytes([byte])) for byte in clients.message(body)) + frame(0, 1, 1),
        "two messages": head + frame(0, 1, 1, clients.message(body) * 2), "no message": head + frame(0, 1, 1),
        "200 messages": head + frame(0, 1, 1, clients.message(b"") * 200), "too little": head + frame(0, 1, 1, b"\0\0\0\0\x09abc"),
        "DATA after the end": head + data + data, "DATA before HEADERS": data + head, "HEADERS twice": head + head + data,
        "HEADERS again at the end": head + frame(clients.HEADERS, 5, 1, block([("x", "y")])),
        "trailers with :path": head + frame(clients.HEADERS, 5, 1, block(fields[2:3])),
        "PRIORITY on itself": head + frame(priority, 0, 1, number(1) + b"\x10") + data,
        "HEADERS on itself": frame(clients.HEADERS, 0x24, 1, number(1) + b"\x10" + block(fields)) + data, "PRIORITY short": frame(priority, 0, 1, b"x"),
        "padding too long": head + frame(0, padded | 1, 1, b"\xffabc"), "padding of HEADERS too long": frame(clients.HEADERS, padded | 4, 1, b"\xff" + b"ab"),
        "only padding": head + frame(0, padded | 1, 1, b"\x05" + bytes(5)), "empty padded": head + frame(0, padded, 1),
        "WINDOW_UPDATE 0": head + frame(8, 0, 1, number(0)) + data, "WINDOW_UPDATE 0 of all": frame(8, 0, 0, number(0)),
        "WINDOW_UPDATE short": frame(8, 0, 0, b"x"), "WINDOW_UPDATE of idle": frame(8, 0, 7, number(5)),
        "window over": head + frame(8, 0, 1, number(2**31 - 1)) + data,
        **{f"SETTINGS {kind} {value}": frame(4, 0, 0, kind.to_bytes(2, "big") + number(value)) + head + data for kind,
            value in ((4, 2**31), (4, 0), (4, 1), (5, 0), (5, 2**24), (1, 2**32 - 1), (1, 0), (2, 7), (3, 0), (6, 0), (6, 1), (99, 1), (8, 2))},
        "SETTINGS of 5 bytes": frame(4, 0, 0, b"12345"), "SETTINGS on a stream": frame(4, 0, 1), "SETTINGS ACK with payload": frame(4, 1, 0, bytes(6)),
        "SETTINGS ACK never asked": frame(4, 1, 0) * 3 + head + data, "window 0, then negative": frame(4, 0, 0, b"\0\4" + number(65535)) + head + frame(4, 0, 0,
            b"\0\4" + number(0)) + data,
        "PING of 3": frame(6, 0, 0, b"abc"), "PING on a stream": frame(6, 0, 1, bytes(8)), "PING ACK": frame(6, 1, 0, bytes(8)) + head + data,
        "GOAWAY": frame(7, 0, 0, number(0) + number(0)) + head + data, "GOAWAY short": frame(7, 0, 0, b"x"), "GOAWAY on a stream": frame(7, 0, 1, bytes(8)),
        "RST of idle": frame(3, 0, 99, number(8)), "RST short": head + frame(3, 0, 1, b"x"), "RST of 0": frame(3, 0, 0, number(8)),
        "RST then DATA": head + frame(3, 0, 1, number(8)) + data, "RST at the end": head + data + frame(3, 0, 1, number(8)),
        "unknown frames": frame(0xbb, 0xff, 1, b"x" * 99) + head + frame(0xee, 1, 0, b"") + data, "PUSH_PROMISE": head + frame(5, 4, 1, number(2)),
        "CONTINUATION alone": frame(9, 4, 1, block(fields)), "CONTINUATION broken": frame(1, 0, 1, block(fields)) + data,
        "CONTINUATION of bytes": frame(1, 0, 1) + b"".join(frame(9, 0, 1, bytes([byte])) for byte in block(fields)) + frame(9, 4, 1) + data,
        "even stream": frame(1, 4, 2, block(fields)), "stream 0": frame(1, 4, 0, block(fields)), "stream goes back": frame(1, 5, 9, block(fields)) + head + data,
        "last stream": frame(1, 5, 2**31 - 1, block(fields)), "reserved bit": frame(1, 5, 2**31 + 1, block(fields)),
        "frame of 16 MB": b"\xff\xff\xff\0\1\0\0\0\1" + b"x" * 999, "frame of 16385": head + frame(0, 1, 1, bytes(16385)),
        "HPACK index 0": frame(1, 5, 1, b"\x80"), "HPACK index 9999": frame(1, 5, 1, b"\xff\x90\x4d"),
        "HPACK huge integer": frame(1, 5, 1, b"\xff" + b"\xff" * 12 + b"\x01"),
        "HPACK long length": frame(1, 5, 1, b"\0\x7f\xff\xff\xff\xff\x0f"), "HPACK table size": frame(1, 5, 1, b"\x3f\xff\xff\xff\xff\x0f" + block(fields)),
        "HPACK size at the end": frame(1, 5, 1, block(fields) + b"\x20"), "HPACK bad Huffman": frame(1, 5, 1, b"\0\x84\xff\xff\xff\xff\x01a"),
        "HPACK cut": frame(1, 5, 1, block(fields)[:-3]), "no headers": frame(1, 5, 1),
        "bomb": frame(1, 4, 1, b"\x40" + clients.text("x") + clients.text("y" * 3000) + b"\xbe" * 13000)}
    kind = chance.choice(list(kinds))
    return f"(frames) {kind}", "", begin + kinds[kind]
