"""Clients that speak HTTP/2 badly, on purpose: python clients.py KIND PORT KEY SECONDS. Prints what the server did, as one JSON line."""

import collections
import contextlib
import json
import os
import socket
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
METHOD = "/remit.ledger.v1.LedgerService/GetBalance"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def text(value):
    value, length = value.encode(), len(value.encode())
    if length < 127:
        return bytes([length]) + value
    rest, prefix = length - 127, [127]
    while rest >= 128:
        prefix.append(rest % 128 + 128)
        rest //= 128
    return bytes([*prefix, rest]) + value


def headers(key, **more):
    """HPACK literals without indexing."""
    fields = {":method": "POST", ":scheme": "http", ":path": METHOD, ":authority": "localhost", "content-type": "application/grpc",
              "te": "trailers", "authorization": f"Bearer {key}", **more}
    return b"".join(b"\0" + text(name) + text(value) for name, value in fields.items())


def message(body):
    return b"\0" + len(body).to_bytes(4, "big") + body


class Bad:
    """A connection that has sent its preface."""

    def __init__(self, port, preface=PREFACE + frame(SETTINGS, 0, 0) + frame(SETTINGS, 1, 0)):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(preface)

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def end(self, seconds):
        """How the server ended the connection, or that it did not."""
        received, end = b"", time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                some = self.socket.recv(1 << 16)
                if not some:
                    return "closed" + self.goaway(received)
                received += some
        except TimeoutError:
            return "open" + self.goaway(received)
        except OSError:
            return "closed" + self.goaway(received)
        finally:
            self.socket.close()
        return "open" + self.goaway(received)

    @staticmethod
    def goaway(received):
        while len(received) >= 9:
            length, kind = int.from_bytes(received[:3], "big"), received[3]
            if kind == GOAWAY and len(received) >= 17:
                return f" goaway {int.from_bytes(received[13:17], 'big')}"
            received = received[9 + length:]
        return ""


def streams(count, first=1):
    return range(first, first + 2 * count, 2)


def half_preface(port, key):
    return Bad(port, PREFACE[:10])


def not_http2(port, key):
    return Bad(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def random_bytes(port, key):
    return Bad(port, os.urandom(1 << 14))


def half_frame(port, key):
    bad = Bad(port)
    bad.send(frame(HEADERS, END_HEADERS, 1, headers(key))[:40])
    return bad


def half_message(port, key):
    """A hundred calls whose message never ends."""
    bad = Bad(port)
    for stream in streams(100):
        bad.send(frame(HEADERS, END_HEADERS, stream, headers(key)), frame(DATA, 0, stream, b"\0\0\0\4\0" + b"x" * 10))
    return bad


def headers_without_end(port, key):
    """CONTINUATION frames without end, which a server must not keep."""
    bad = Bad(port)
    bad.send(frame(HEADERS, 0, 1, headers(key)))
    with contextlib.suppress(OSError):
        for _ in range(2000):
            bad.send(frame(CONTINUATION, 0, 1, b"\0" + text("x-filler") + text("y" * 8000)))
    return bad


def resets(port, key):
    """Rapid reset: calls begun and cancelled as fast as they can be written."""
    bad = Bad(port)
    with contextlib.suppress(OSError):
        for stream in streams(5000):
            bad.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, headers(key)), frame(RST_STREAM, 0, stream, bytes([0, 0, 0, 8])))
    return bad


def flood(bad, one):
    """Twenty thousand of a frame, or as many as the server takes."""
    with contextlib.suppress(OSError):
        for _ in range(200):
            bad.send(*[one] * 100)
    return bad


def pings(port, key):
    return flood(Bad(port), frame(PING, 0, 0, b"12345678"))


def settings(port, key):
    return flood(Bad(port), frame(SETTINGS, 0, 0))


def empty_data(port, key):
    """DATA frames that bring nothing."""
    bad = Bad(port)
    bad.send(frame(HEADERS, END_HEADERS, 1, headers(key)))
    return flood(bad, frame(DATA, 0, 1))


def window_overflow(port, key):
    bad = Bad(port)
    bad.send(*[frame(WINDOW_UPDATE, 0, 0, (2**31 - 1).to_bytes(4, "big"))] * 2)
    return bad


def too_many_streams(port, key):
    bad = Bad(port)
    with contextlib.suppress(OSError):
        for stream in streams(3000):
            bad.send(frame(HEADERS, END_HEADERS, stream, headers(key)))
    return bad


def never_reads(port, key):
    """Asks ninety times and reads no answer."""
    bad = Bad(port)
    bad.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for stream in streams(90):
        bad.send(frame(HEADERS, END_HEADERS, stream, headers(key)), frame(DATA, END_STREAM, stream, message(b"")))
    time.sleep(0.5)
    return bad


KINDS = [half_preface, not_http2, random_bytes, half_frame, half_message, headers_without_end, resets, pings, settings, empty_data,
         window_overflow, too_many_streams, never_reads]


# These break the protocol: the server ends the connection.
BREAKS = {"not_http2", "random_bytes", "headers_without_end", "resets", "pings", "settings", "empty_data", "window_overflow", "too_many_streams"}


def main():
    kind, port, key, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    attack = {kind.__name__: kind for kind in KINDS}[kind]
    ends, until = collections.Counter(), time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            # Whoever broke the protocol before has to wait for a second, and longer on a machine that has more to do.
            ends[attack(port, key).end(seconds=10 if kind in BREAKS else 0.2)] += 1
        except OSError as error:
            ends[type(error).__name__] += 1
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
