"""`remit call` with messages of every kind of field, against a stock Python server: what it sends and prints is what Python's json_format reads and writes."""

import concurrent.futures
import importlib
import json
import math
import random
import struct
import subprocess
import sys

import grpc
import pytest
from conftest import BIN
from google.protobuf import json_format, struct_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

PROTO = """
syntax = "proto3";
package everything.v1;
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service EchoService { rpc Echo(Everything) returns (Everything); }
enum Colour { COLOUR_UNSPECIFIED = 0; RED = 1; BLUE = -2; }
message Everything {
  double a_double = 1; float a_float = 2; int32 an_int32 = 3; int64 an_int64 = 4; uint32 a_uint32 = 5; uint64 a_uint64 = 6;
  sint32 a_sint32 = 7; sint64 a_sint64 = 8; fixed32 a_fixed32 = 9; fixed64 a_fixed64 = 10; sfixed32 a_sfixed32 = 11; sfixed64 a_sfixed64 = 12;
  bool a_bool = 13; string a_string = 14; bytes some_bytes = 15; Colour colour = 16; Everything inner = 17;
  repeated double doubles = 21; repeated float floats = 22; repeated int32 int32s = 23; repeated int64 int64s = 24; repeated uint64 uint64s = 26;
  repeated sint64 sint64s = 28; repeated fixed32 fixed32s = 29; repeated sfixed64 sfixed64s = 32; repeated bool bools = 33; repeated string strings = 34;
  repeated bytes bytess = 35; repeated Colour colours = 36; repeated Everything inners = 37; repeated int32 unpacked = 38 [packed = false];
  optional int32 maybe_int32 = 41; optional string maybe_string = 42; optional Colour maybe_colour = 43; optional double maybe_double = 44;
  oneof choice { string by_name = 51; int64 by_number = 52; Everything by_all = 53; bool by_bool = 54; }
  map<string, int64> by_string = 61; map<int32, string> by_int32 = 62; map<bool, Colour> by_flag = 63; map<uint64, Everything> by_uint64 = 64;
  map<sint32, bytes> by_sint32 = 65; map<fixed64, double> by_fixed64 = 66;
  google.protobuf.Timestamp at = 71; google.protobuf.Duration lasts = 72; google.protobuf.FieldMask mask = 73; google.protobuf.Struct object = 74;
  google.protobuf.Value value = 75; google.protobuf.ListValue list = 76; google.protobuf.NullValue null = 77;
  google.protobuf.Int64Value wrapped_int64 = 81; google.protobuf.StringValue wrapped_string = 82; google.protobuf.BoolValue wrapped_bool = 83;
  google.protobuf.DoubleValue wrapped_double = 84; google.protobuf.BytesValue wrapped_bytes = 85; google.protobuf.UInt32Value wrapped_uint32 = 86;
  google.protobuf.FloatValue wrapped_float = 87;
  repeated google.protobuf.Timestamp ats = 91; map<string, google.protobuf.Value> values = 92;
  string camelCase = 101; string UPPER = 102; string with_2_digits = 103; string renamed = 104 [json_name = "andereName"];
}
"""

TEXTS = ["", "a", "Zahlung \u00fcber 12 \u20ac", "\u534e\u4fe1", "\U0001f4b6", "\"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028", "x" * 300]
INTS = {32: [0, 1, -1, 2**31 - 1, -2**31], 64: [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -2**63]}
UINTS = {32: [0, 1, 2**32 - 1], 64: [0, 1, 2**53 + 1, 2**64 - 1]}
DOUBLES = [0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 123456789.123456789, 1e21, 1e-7]
FLOATS = [struct.unpack("f", struct.pack("f", x))[0] for x in (0.0, -0.0, 0.1, 3.4e38, 1e-45, 16777216.0, math.inf, -math.inf, math.nan)]


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """(the message class, the address of a server that gives back what it gets, and what it got)."""
    folder = tmp_path_factory.mktemp("everything")
    (folder / "everything.proto").write_text(PROTO)
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}", f"--grpc_python_out={folder}", "everything.proto"],
        check=True, cwd=folder)
    sys.path.insert(0, str(folder))
    messages, services = importlib.import_module("everything_pb2"), importlib.import_module("everything_pb2_grpc")
    got = []

    class Echo(services.EchoServiceServicer):
        def Echo(self, request, context):
            got.append(request)
            return request

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    services.add_EchoServiceServicer_to_server(Echo(), server)
    # Python's own reflection is v1alpha; v1 has the same messages.
    reflects = reflection.ReflectionServicer(["everything.v1.EchoService"])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.reflection.v1.ServerReflection", {
        "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
            reflects.ServerReflectionInfo, reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString)})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield messages.Everything, f"127.0.0.1:{port}", got
    server.stop(None)
    sys.path.remove(str(folder))


def value(field, choose, depth):
    kind = field.type
    integers = {field.TYPE_INT32: INTS[32], field.TYPE_SINT32: INTS[32], field.TYPE_SFIXED32: INTS[32], field.TYPE_INT64: INTS[64],
                field.TYPE_SINT64: INTS[64], field.TYPE_SFIXED64: INTS[64], field.TYPE_UINT32: UINTS[32], field.TYPE_FIXED32: UINTS[32],
                field.TYPE_UINT64: UINTS[64], field.TYPE_FIXED64: UINTS[64]}
    if kind in integers:
        return choose(integers[kind])
    return {field.TYPE_DOUBLE: lambda: choose(DOUBLES), field.TYPE_FLOAT: lambda: choose(FLOATS), field.TYPE_BOOL: lambda: choose([True, False]),
            field.TYPE_STRING: lambda: choose(TEXTS), field.TYPE_BYTES: lambda: choose([b"", b"\x00", b"\xff\xfe\xfd", bytes(range(256))]),
            # 7 is a colour that this version does not know.
            field.TYPE_ENUM: lambda: 0 if field.enum_type.name == "NullValue" else choose([0, 1, -2, 7])}[kind]()


def fill(message, randomness, depth=0):
    """Sets about a third of the fields to edge values."""
    choose = randomness.choice
    for field in message.DESCRIPTOR.fields:
        held = field.message_type.fields_by_name["value"] if field.message_type and field.message_type.GetOptions().map_entry else field
        if randomness.random() > 0.35 or (depth == 2 and held.message_type and held.message_type.full_name == message.DESCRIPTOR.full_name):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            key = field.message_type.fields_by_name["key"]
            for _ in range(2):
                name = value(key, choose, depth)
                if held.message_type:
                    special(getattr(message, field.name)[name], randomness, depth)
                else:
                    getattr(message, field.name)[name] = value(held, choose, depth)
        elif field.message_type:
            for _ in range(2 if field.is_repeated else 1):
                child = getattr(message, field.name)
                child = child.add() if field.is_repeated else child
                child.SetInParent()
                special(child, randomness, depth)
        elif field.is_repeated:
            getattr(message, field.name).extend(value(field, choose, depth) for _ in range(3))
        else:
            setattr(message, field.name, value(field, choose, depth))


def special(child, randomness, depth):
    choose = randomness.choice
    name = child.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        child.seconds, child.nanos = choose([0, 1764000000, -62135596800, 253402300799]), choose([0, 1, 120000000, 123456000, 999999999])
    elif name == "google.protobuf.Duration":
        sign = choose([1, -1])
        child.seconds, child.nanos = sign * choose([0, 1, 315576000000]), 0
        if abs(child.seconds) < 2:
            child.nanos = sign * choose([0, 1, 500000000, 999999999])
    elif name == "google.protobuf.FieldMask":
        child.paths.extend(choose([[], ["a_double"], ["inner.a_bool", "an_int32"]]))
    elif name == "google.protobuf.Struct":
        child.update(choose([{}, {"a": 1.5, "b": [True, None, {"c": "d"}], "\u00fc": ""}]))
    elif name == "google.protobuf.ListValue":
        child.extend(choose([[], [1, "x", None, [False], {"k": 2}]]))
    elif name == "google.protobuf.Value":
        child.CopyFrom(choose([struct_pb2.Value(null_value=0), struct_pb2.Value(number_value=-2.5), struct_pb2.Value(string_value="\u20ac"),
                               struct_pb2.Value(bool_value=False), struct_pb2.Value(list_value=struct_pb2.ListValue())]))
    elif name.startswith("google.protobuf."):
        child.value = value(child.DESCRIPTOR.fields_by_name["value"], choose, depth)
    else:
        fill(child, randomness, depth + 1)


def call(address, text):
    return subprocess.run(
        [BIN / "remit", "call", "everything.v1.EchoService/Echo", "-d", "-", "--address", address, "--key", "remit_none"], input=text, capture_output=True,
        text=True, timeout=60)


def same(one, other):
    """By their bytes, so that NaN is itself and -0 is not 0."""
    return one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


@pytest.mark.parametrize("seed", range(60))
def test_every_kind_of_field_goes_there_and_back(everything, seed):
    kind, address, got = everything
    message = kind()
    fill(message, random.Random(seed))
    options = {"preserving_proto_field_name": seed % 2 == 1, "use_integers_for_enums": seed % 3 == 1}
    result = call(address, json_format.MessageToJson(message, **options))
    assert result.returncode == 0, result.stderr
    assert same(got.pop(), message)
    assert same(json_format.Parse(result.stdout, kind()), message)
    # It is the same JSON, too, but for how numbers are written.
    assert json.loads(result.stdout) == json.loads(json_format.MessageToJson(message)) or "NaN" in result.stdout or "e" in result.stdout


@pytest.mark.parametrize("text", [
    '{"anInt32": "12"}', '{"anInt32": 1e2}', '{"anInt64": 12}', '{"anInt64": "-9223372036854775808"}', '{"aUint64": 18446744073709551615}', '{"aDouble": "1.5"}',
    '{"aDouble": 12}', '{"aFloat": "Infinity"}', '{"colour": 7}', '{"colour": "BLUE"}', '{"someBytes": "_-8"}', '{"someBytes": "/+8="}', '{"anInt32": null}',
    '{"inners": []}', '{"value": null}', '{"null": null}', '{"at": "2026-11-25T10:00:00+08:00"}', '{"lasts": "1.000000001s"}', '{"camelCase": "x"}',
    '{"andereName": "y"}', '{"renamed": "y"}', '{"with2Digits": "z"}', '{"wrappedInt64": null}', '{"wrappedInt64": "0"}', '{"byFlag": {"true": "RED"}}',
    '{"aString": "\\ud83d\\udcb6"}', '{"maybeInt32": 0}', '{"byBool": false}', ' {\n"aBool"\t:true } '])
def test_what_json_may_say_in_other_words(everything, text):
    kind, address, got = everything
    expected = json_format.Parse(text, kind())
    result = call(address, text)
    assert result.returncode == 0, result.stderr
    assert same(got.pop(), expected)


@pytest.mark.parametrize("text", [
    '{"anInt32": 1.5}', '{"anInt32": 2147483648}', '{"aUint32": -1}', '{"aUint64": 18446744073709551616}', '{"anInt64": "x"}', '{"anInt32": true}',
    '{"aBool": "true"}', '{"aBool": 1}', '{"aString": 1}', '{"someBytes": "?"}', '{"colour": "GREEN"}', '{"inner": []}', '{"inners": {}}', '{"inners": [null]}',
    '{"byFlag": {"yes": "RED"}}', '{"byInt32": {"x": "y"}}', '{"at": "yesterday"}', '{"at": "2026-13-01T00:00:00Z"}', '{"lasts": "1"}', '{"aFloat": 1e39}',
    '{"nothing": 1}', '{"aString": "\\ud83d"}', '{"byName": "a", "byNumber": 1}', '{"aBool": true, "aBool": true}', '{', '[]', '', '{"aBool": tru}', '{} {}',
    '{"aDouble": 01}', '{"aDouble": .5}', "{'aBool': true}", '{"aString": "\t"}'])
def test_what_json_may_not_say(everything, text):
    """Refused before anything is sent, with a sentence."""
    kind, address, got = everything
    result = call(address, text)
    assert result.returncode != 0 and result.stderr.strip() and not got, text
