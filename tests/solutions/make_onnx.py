#!/usr/bin/env python3
"""Writes a scorecard (solution JSON of kind logistic) as an ONNX model, without any ONNX package: the protobuf is
encoded here, field by field. Sigmoid(MatMul(X, W) + B), in 32 or 64 bits, plus variants that attack the loader.

usage: make_onnx.py SCORECARD.json OUT.onnx [--float32] [--external LOCATION | --sparse LOCATION]
  --external LOCATION  the weights are "external data" at LOCATION, relative to the model's folder
  --sparse LOCATION    the same through a sparse initializer
"""
import json
import struct
import sys

FLOAT, INT64, DOUBLE = 1, 7, 11


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def tensor(name, dims, kind, values, location=None):
    head = b"".join(number(1, d) for d in dims) + number(2, kind) + (block(8, name) if name else b"")
    if location is not None:
        size = 8 * len(values)
        entries = {"location": location, "offset": "0", "length": str(size)}
        return head + b"".join(block(13, block(1, k) + block(2, v)) for k, v in entries.items()) + number(14, 1)
    code = {FLOAT: "f", DOUBLE: "d", INT64: "q"}[kind]
    return head + block(9, struct.pack(f"<{len(values)}{code}", *values))


def value_info(name, kind, dims):
    shape = b"".join(block(1, block(2, d) if isinstance(d, str) else number(1, d)) for d in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def node(kind, inputs, output):
    return b"".join(block(1, i) for i in inputs) + block(2, output) + block(3, kind.lower()) + block(4, kind)


def model(card, kind, external=None, sparse=None):
    weights = [f["coefficient"] for f in card["features"]]
    count = len(weights)
    graph = b"".join(block(1, n) for n in (node("MatMul", ["X", "W"], "linear"), node("Add", ["linear", "B"], "shifted"),
                                           node("Sigmoid", ["shifted"], "probability")))
    graph += block(2, "scorecard")
    if sparse is None:
        graph += block(5, tensor("W", [count, 1], kind, weights, external))
    else:
        values = tensor("W", [count], kind, weights, sparse)
        indices = tensor("", [count], INT64, list(range(count)))
        graph += block(15, block(1, values) + block(2, indices) + number(3, count) + number(3, 1))
    graph += block(5, tensor("B", [1], kind, [card["intercept"]]))
    graph += block(11, value_info("X", kind, ["rows", count])) + block(12, value_info("probability", kind, ["rows", 1]))
    return number(1, 8) + block(2, "naru tests") + block(7, graph) + block(8, block(1, "") + number(2, 13))


def main(arguments):
    card = json.load(open(arguments[0]))
    kind = FLOAT if "--float32" in arguments else DOUBLE
    option = lambda name: arguments[arguments.index(name) + 1] if name in arguments else None
    with open(arguments[1], "wb") as out:
        out.write(model(card, kind, option("--external"), option("--sparse")))


main(sys.argv[1:])
