// One ONNX model, rows in, scores out. Runs inside the sandbox only.
//
// In:  one line of JSON {"rows":n,"columns":[names],"model":path,"input":name|null,"output":name|null,
//      "output_column":k}, then the columns one after another, n little-endian 64-bit floats each (NaN: missing).
// Out: one line of JSON {"rows":n}, then n little-endian 64-bit floats (NaN: no score);
//      or one line {"error":code,"detail":text} and exit 3. The detail is about the model: it is made before the first
//      row is read.
"use strict";
const fs = require("fs");
const ort = require("onnxruntime-node");

const BATCH_ROWS = 4096;
const DETAIL_MAX = 300;

class Wrong extends Error {
  constructor(code, detail) {
    super(code);
    this.code = code;
    this.detail = String(detail || "").slice(0, DETAIL_MAX);
  }
}

// Reads standard input; what was read past a line's end is kept for the next call.
class Input {
  constructor() {
    this.rest = Buffer.alloc(0);
  }
  more() {
    const chunk = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      try {
        return chunk.subarray(0, fs.readSync(0, chunk, 0, chunk.length, null));
      } catch (error) {
        if (error.code !== "EAGAIN") throw error;
      }
    }
  }
  line() {
    let end = this.rest.indexOf(10);
    while (end < 0) {
      const got = this.more();
      if (got.length === 0) throw new Wrong("no_header");
      this.rest = Buffer.concat([this.rest, got]);
      end = this.rest.indexOf(10);
    }
    const text = this.rest.subarray(0, end).toString("utf8");
    this.rest = this.rest.subarray(end + 1);
    return text;
  }
  bytes(count) {
    const out = Buffer.alloc(count);
    let at = this.rest.copy(out, 0, 0, Math.min(count, this.rest.length));
    this.rest = this.rest.subarray(at);
    while (at < count) {
      const got = this.more();
      if (got.length === 0) throw new Wrong("rows_cut_off");
      const taken = got.copy(out, at);
      at += taken;
      this.rest = got.subarray(taken);
    }
    return out;
  }
}

async function load(header) {
  let session;
  try {
    session = await ort.InferenceSession.create(header.model, {
      executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential",
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new Wrong("model_not_loaded", error.message);
  }
  const names = session.inputNames;
  const joined = header.input !== null || names.length === 1;
  const wanted = joined ? [header.input === null ? names[0] : header.input] : header.columns;
  const types = {};
  let batch = BATCH_ROWS;
  for (const name of wanted) {
    const about = session.inputMetadata.find((entry) => entry.name === name);
    if (!about) throw new Wrong("input_not_found", `${name}; the model has: ${names.join(", ")}`);
    if (!about.isTensor || !["float32", "float64", "int64"].includes(about.type)) {
      throw new Wrong("input_type", `${name}: ${about.type}`);
    }
    const width = about.shape.length > 1 ? about.shape[1] : 1;
    const expected = joined ? header.columns.length : 1;
    if (about.shape.length > 2 || (typeof width === "number" && width > 0 && width !== expected)) {
      throw new Wrong("input_shape", `${name}: [${about.shape}], rows have ${expected}`);
    }
    if (typeof about.shape[0] === "number" && about.shape[0] > 0) batch = Math.min(batch, about.shape[0]);
    types[name] = { type: about.type, rank: about.shape.length };
  }
  if (wanted.length !== names.length) throw new Wrong("input_not_found", `the model has: ${names.join(", ")}`);
  const output = header.output === null ? session.outputNames[session.outputNames.length - 1] : header.output;
  const told = session.outputMetadata.find((entry) => entry.name === output);
  if (!told) throw new Wrong("output_not_found", `${output}; the model has: ${session.outputNames.join(", ")}`);
  if (!told.isTensor || !["float32", "float64"].includes(told.type)) {
    throw new Wrong("output_type", `${output}: not a tensor of numbers (for classifiers, export without ZipMap)`);
  }
  return { session, joined, wanted, types, output, batch };
}

function tensor(kind, values, dims) {
  if (kind === "float64") return new ort.Tensor("float64", values, dims);
  if (kind === "float32") return new ort.Tensor("float32", Float32Array.from(values), dims);
  return new ort.Tensor("int64", BigInt64Array.from(values, (x) => BigInt(Math.round(x))), dims);
}

function feeds(model, columns, first, rows) {
  const out = {};
  if (model.joined) {
    const name = model.wanted[0];
    const values = new Float64Array(rows * columns.length);
    for (let j = 0; j < columns.length; ++j) {
      for (let i = 0; i < rows; ++i) values[i * columns.length + j] = columns[j][first + i];
    }
    out[name] = tensor(model.types[name].type, values, [rows, columns.length]);
    return out;
  }
  model.wanted.forEach((name, j) => {
    const dims = model.types[name].rank > 1 ? [rows, 1] : [rows];
    out[name] = tensor(model.types[name].type, columns[j].slice(first, first + rows), dims);
  });
  return out;
}

async function main() {
  const input = new Input();
  const header = JSON.parse(input.line());
  const model = await load(header);
  const count = header.rows;
  const columns = header.columns.map(() => {
    const bytes = input.bytes(count * 8);
    return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  });
  const scores = new Float64Array(count).fill(NaN);
  for (let first = 0; first < count; first += model.batch) {
    const rows = Math.min(model.batch, count - first);
    let result;
    try {
      result = (await model.session.run(feeds(model, columns, first, rows)))[model.output];
    } catch {
      continue; // these rows have no score; the reason may hold their values
    }
    const width = result.size / rows;
    if (!Number.isInteger(width) || header.output_column >= width) throw new Wrong("output_shape");
    for (let i = 0; i < rows; ++i) scores[first + i] = Number(result.data[i * width + header.output_column]);
  }
  const bytes = Buffer.concat([Buffer.from(JSON.stringify({ rows: count }) + "\n"), Buffer.from(scores.buffer)]);
  for (let at = 0; at < bytes.length;) at += fs.writeSync(1, bytes, at);
}

main().catch((error) => {
  const known = error instanceof Wrong;
  const answer = { error: known ? error.code : "worker_failed", detail: known ? error.detail : "" };
  fs.writeSync(1, JSON.stringify(answer) + "\n");
  process.exit(3);
});
