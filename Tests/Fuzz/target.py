"""remitd under fire, and what is found."""

import collections
import contextlib
import dataclasses
import os
import re
import subprocess
import threading
import time

import grpc
from google.protobuf import text_format
from google.rpc import error_details_pb2, status_pb2

import clients
import json_door
from connections import NAMES, Odd, status

FAULTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}
SKIPPED = {"SuspendTenant", "DeleteTenant"}
FINDINGS_MAX, DEATHS_MAX, REPLY_BYTES_MAX = 50, 20, 32 << 20


@dataclasses.dataclass
class Method:
    path: str
    request: type
    reply: type
    streams: bool


@dataclasses.dataclass
class Call:
    path: str
    bodies: list  # serialized requests; of a connection all its bytes
    metadata: list = None
    text: str = ""
    timeout: float = 20

    @property
    def is_connection(self):
        return self.metadata is None


class Target:
    """remitd. Where it dies it is started again, and what killed it is found by calling again what was in flight."""

    def __init__(self, installation, out, patience):
        self.installation, self.out, self.until = installation, out, time.monotonic() + patience
        self.lock, self.telling, self.in_flight, self.codes, self.findings = threading.Lock(), threading.Lock(), {}, collections.Counter(), {}
        self.generation, self.deaths, self.killers, self.methods, self.late = 0, 0, collections.Counter(), {}, collections.Counter()
        self.start()
        self.port = self.server.port

    def start(self, backtrace=False):
        os.environ["SWIFT_BACKTRACE"] = "enable=yes,color=no,interactive=no,threads=crashed,images=none,sanitize=no" if backtrace else "enable=no"
        self.server = self.installation.serve("--http", "127.0.0.1:0")

    @property
    def alive(self):
        return self.server.process.poll() is None

    def channel(self, port=None):
        big = [(f"grpc.{name}", 1 << 28) for name in ("max_receive_message_length", "max_send_message_length", "max_metadata_size", "absolute_max_metadata_size")]
        return grpc.insecure_channel(f"127.0.0.1:{port or self.port}", [*big, ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)])

    def send(self, channel, call):
        """Code, message and replies."""
        begin = channel.unary_stream if len(call.bodies) == 1 else channel.stream_stream
        replies, size = [], 0
        running = begin(call.path, request_serializer=bytes, response_deserializer=bytes)(call.bodies[0] if len(call.bodies) == 1 else iter(call.bodies),
            metadata=call.metadata, timeout=call.timeout)
        try:
            for reply in running:
                replies.append(reply)
                size += len(reply)
                if size > REPLY_BYTES_MAX or len(replies) > 5000:
                    running.cancel()
                    return "OK", "", replies
            return "OK", "", replies
        except grpc.RpcError as error:
            message = error.details() or ""
            if len(message.encode()) > 4096:
                self.find(call, "TOO LONG", f"a message of {len(message.encode())} bytes: {message[:200]}")
            for key, value in error.trailing_metadata() or ():
                if key == "grpc-status-details-bin":
                    for detail in status_pb2.Status.FromString(value).details:
                        bad = error_details_pb2.BadRequest()
                        if detail.Unpack(bad) and len(bad.field_violations) > 100:
                            self.find(call, "TOO MANY", f"{len(bad.field_violations)} field violations")
            return error.code().name, message, replies

    def call(self, who, call):
        """Sends, and judges the answer. Gives code and replies, or None where remitd died meanwhile."""
        generation, channel = who.channel_of(self)
        self.in_flight[who] = call
        try:
            code, message, replies = self.send(channel, call)
            if code == "UNAVAILABLE":
                if self.recover(generation):
                    return None
                self.find(call, code, message)
            elif code in FAULTS or "metadata size" in message:
                fails = lambda other: (sent := self.send(channel, other))[0] == code and self.plain(sent[1]) == self.plain(message)
                self.find(call, code, message, lambda: self.shrink(call, fails, 60))
            self.codes[code] += 1
            if code == "DEADLINE_EXCEEDED" and call.timeout > 1:
                self.late[call.path] += 1
            return code, replies
        finally:
            self.in_flight.pop(who, None)

    def connect(self, who, call, address):
        """A connection of odd bytes, judged by what can be read of the answer."""
        generation, port = self.generation, self.port
        self.in_flight[who] = call
        try:
            frames = []
            with contextlib.suppress(OSError):
                connection = Odd(port, address)
                connection.send(*call.bodies)
                frames = connection.answer(1)
            if not self.alive:
                return self.recover(generation)
            found = [status(payload) for kind, _, payload in frames if kind == clients.HEADERS]
            found += [13 for kind, _, payload in frames if kind == clients.RST_STREAM and payload == b"\0\0\0\2"]
            code = next((NAMES[code] for code in found if code is not None), "ended" if frames else "without answer")
            self.codes[f"connection {code}"] += 1
            # Odd headers together fail as one of them alone does.
            if code in FAULTS and not any(set(known.split()) <= set(call.path.split()) for known, _, _ in list(self.findings)):
                self.find(call, code, "")
        finally:
            self.in_flight.pop(who, None)

    def ask_as_json(self, who, call):
        """A request of the JSON door, judged by its answer."""
        generation = self.generation
        self.in_flight[who] = call
        try:
            try:
                answer = json_door.ask(self.server.http_port, *call.bodies)
            except OSError as error:
                answer = None
                if self.alive:
                    self.codes[f"JSON {type(error).__name__}"] += 1
                    return
            if not self.alive:
                self.recover(generation)
                return
            self.codes[f"JSON {answer[0] if answer else 'without answer'}"] += 1
            if found := json_door.fault(answer):
                self.find(call, "JSON", found)
        finally:
            self.in_flight.pop(who, None)

    # What was found.

    @staticmethod
    def plain(message):
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", message)[:200]

    def text(self, call):
        if call.text or call.is_connection:
            return call.text
        for body in call.bodies:
            with contextlib.suppress(Exception):
                return short(text_format.MessageToString(self.methods[call.path].request.FromString(body), as_one_line=True), 2000)
        return short(repr(call.bodies), 2000)

    def find(self, call, code, message, smaller=None):
        """Tells of it, once; `smaller` gives a smaller call that fails in the same way."""
        key = (call.path, code, "" if code.startswith("TOO") else self.plain(message))
        with self.telling:
            if key in self.findings or len(self.findings) >= FINDINGS_MAX:
                return
            self.findings[key] = name = f"{len(self.findings) + 1:02}-{re.sub('[^A-Za-z0-9]+', '-', call.path)[-40:]}"
        time.sleep(0.05)
        log = next((line for line in reversed(self.server.lines[-50:]) if call.path in line), "")
        shown = smaller() if smaller else call
        for index, body in enumerate(shown.bodies):
            (self.out / f"{name}{f'.{index}' if index else ''}.bin").write_bytes(body)
        print(f"FINDING {name} {call.path}: {code} {short(message, 600)}\n  request: {self.text(shown)}" + (f"\n  log: {log[:1000]}" if log else ""), flush=True)

    def shrink(self, call, fails, tries):
        """The call with as much left out as possible, so that it still fails."""
        until = min(self.until, time.monotonic() + 15)
        try:
            request = self.methods[call.path].request.FromString(*call.bodies)
            if not fails(call):
                return call
        except Exception:  # bytes that are no message, a stream, a connection
            return call
        parts = smaller(request)
        while tries and time.monotonic() < until and (part := next(parts, None)) is not None:
            tries -= 1
            with contextlib.suppress(Exception):
                candidate = dataclasses.replace(call, bodies=[part.SerializeToString()])
                if fails(candidate):
                    call, parts = candidate, smaller(part)
        return call

    # What killed it.

    def recover(self, generation):
        """Whether remitd had died; then it runs again."""
        with self.lock:
            if generation != self.generation:
                return True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.process.wait(timeout=15)
            if self.alive:
                return False
            self.deaths += 1
            suspects, words = list(self.in_flight.values()), self.last_words()
            self.start(backtrace=True)
            killer = next((call for call in suspects if self.kills(call)), None) if time.monotonic() < self.until else None
            if killer:
                words = self.last_words()
                self.killers[killer.path] += 1
                self.find(killer, "DIED", words, lambda: self.shrink(killer, self.kills, 25))
            else:
                listed = "".join(f"\n  in flight: {call.path} {self.text(call)[:500]}" for call in suspects)
                self.find(Call("remitd", [body for call in suspects for body in call.bodies], text="one of these, or together:" + listed), "DIED", words)
            # With backtraces it would die slowly, and what was in flight would be known no more.
            self.server.process.kill()
            self.server.process.wait()
            self.start()
            self.port, self.generation = self.server.port, self.generation + 1
            return True

    def kills(self, call):
        """Whether remitd dies of it. It is started where it is dead."""
        if not self.alive:
            self.start()
        with contextlib.suppress(OSError):
            if call.path.startswith("JSON "):
                json_door.ask(self.server.http_port, *call.bodies)
            elif call.is_connection:
                connection = Odd(self.server.port, "127.77.77.77")
                connection.send(*call.bodies)
                connection.answer(1)
            else:
                with self.channel(self.server.port) as channel:
                    if self.send(channel, call)[0] not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                        return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.process.wait(timeout=60 if "Crash" in "".join(self.server.lines[-200:]) or "Fatal" in "".join(self.server.lines[-200:]) else 2)
        return not self.alive

    def last_words(self):
        """Why it died and where, as far as it said."""
        time.sleep(0.2)
        lines = self.server.lines[-400:]
        why = [re.sub(r" at 0x\w+", "", line) for line in lines if re.search(r"Fatal error|Program crashed|runtime failure", line)][:1]
        where = [found[0] for line in lines if (found := re.search(r"in \S.* at /\S*/(Plugins|Sources)/\S+", line))][:3]
        return f"exit {self.server.process.poll()}: " + " | ".join(why + where)


def short(text, length):
    """Without what is the same again and again."""
    return re.sub(r"(.{1,300}?)\1{7,}", lambda same: f"{same[1]}[{len(same[0]) // len(same[1])} times]", text[:20_000])[:length]


def smaller(message):
    """Copies of a message with one thing left out."""
    for field, value in message.ListFields():
        def copy(change):
            changed = type(message)()
            changed.CopyFrom(message)
            change(changed)
            return changed
        yield copy(lambda m: m.ClearField(field.name))
        if field.type == field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            continue
        if field.is_repeated and len(value) > 1:
            for half in (value[:len(value) // 2], value[len(value) // 2:]):
                yield copy(lambda m: (m.ClearField(field.name), getattr(m, field.name).extend(half)))
        elif field.type == field.TYPE_MESSAGE:
            for part in smaller(value[0] if field.is_repeated else value):
                yield copy(lambda m: (getattr(m, field.name)[0] if field.is_repeated else getattr(m, field.name)).CopyFrom(part))
        elif not field.is_repeated and isinstance(value, (str, bytes)) and len(value) > 20:
            for half in (value[:len(value) // 2], value[len(value) // 2:]):
                yield copy(lambda m: setattr(m, field.name, half))
