"""Requests to the JSON door as no client should send them: JSON of made-up requests, spoilt as text, packed, cut off."""

import contextlib
import gzip
import json
import socket

from google.protobuf import json_format

ODD = ["null", "-1", "1e999", "-0", "0.1e-400", "9" * 5000, '"\\ud800"', '"\\u0000"', "[]", "{}", "[" * 3000, '{"a":' * 3000, '"' + "x" * 100_000 + '"', '"1970-01-01T00:00:00.999999999999Z"',
       '"NaN"', "NaN", "Infinity", "tru", '"', "\\", "\x00", "\ufeff", "/* */", '{"@type":"type.googleapis.com/remit.type.v1.Money"}', '"9223372036854775808"', '{"a":1,"a":2}']


class JSONRequests:
    """Texts and the bytes by which they are sent."""

    def __init__(self, maker, methods):
        self.maker, self.chance, self.methods = maker, maker.chance, methods

    # As dictionaries and as text a body of many small messages is a thousand times as large.
    BODY_MAX, TEXT_MAX = 1 << 18, 4 << 20

    def text(self, body, method):
        if len(body) > self.BODY_MAX:
            return "{}"
        with contextlib.suppress(Exception):
            return json_format.MessageToJson(self.methods[method].request.FromString(body), preserving_proto_field_name=self.chance.random() < 0.5, indent=None)
        return "{}"

    def spoilt(self, text):
        for _ in range(self.chance.choice([0, 0, 1, 1, 2, 5])):
            if len(text) > self.TEXT_MAX:
                break
            at, end = sorted(self.chance.randint(0, len(text)) for _ in range(2))
            if self.chance.random() < 0.5:  # in place of a value
                colons = [n for n, sign in enumerate(text) if sign in ":[,"]
                at = self.chance.choice(colons) + 1 if colons else 0
                end = min([n for n in range(at, len(text)) if text[n] in ",}]"], default=len(text))
            text = text[:at] + self.chance.choice(["", text[at:end] * 2, *ODD]) + text[end:]
        return text.encode("utf-8", "surrogatepass")

    def one(self, authorization):
        """The method, and an HTTP request of it."""
        method, bodies = self.maker.bodies()
        body = self.spoilt(self.text(bodies[0] if bodies else b"", method))
        streams, headers = "Import" in method, ""
        if self.chance.random() < 0.1:
            body, headers = gzip.compress(body), "content-encoding: gzip\r\n"
        if streams and self.chance.random() < 0.8:
            body = bytes([self.chance.choice([0, 0, 0, 1, 2])]) + (len(body) + self.chance.choice([0, 0, 0, 1, -1])).to_bytes(4, "big", signed=False) + body
        if self.chance.random() < 0.1:
            body = self.maker.spoil(body)
        kind = self.chance.choice(["json"] * 9 + ["proto"]) if not streams else self.chance.choice(["connect+json", "connect+json", "connect+proto", "json"])
        length = len(body) if self.chance.random() < 0.98 else self.chance.choice([0, len(body) // 2])
        head = (f"POST {method} HTTP/1.1\r\nhost: remit\r\nconnection: close\r\ncontent-type: application/{kind}\r\n{headers}"
                f"authorization: {authorization}\r\ncontent-length: {length}\r\n\r\n")
        return method, head.encode() + body, body.decode("utf-8", "replace")


def ask(port, sent):
    """Status and body; None where the connection ended without."""
    with socket.create_connection(("127.0.0.1", port), timeout=40) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 16):
                answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]), head, body) if head.startswith(b"HTTP/1.1 ") else None


def fault(answer):
    """What of an answer is the server's fault, in words."""
    if not answer:
        return "no answer"
    status, head, body = answer
    if b"transfer-encoding: chunked" in head.lower():
        return '"code":"internal"' if b'"code":"internal"' in body else None
    try:
        told = json.loads(body) if b"application/json" in head.lower() and body else {}
    except ValueError as error:
        return f"an answer that is no JSON: {error}"
    if status == 500:
        return f"{told.get('code')}: {told.get('message', '')}"
    return None
