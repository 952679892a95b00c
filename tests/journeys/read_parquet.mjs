// Runs SQL with DuckDB's own library, not with naru, and prints the answers: an outside reader of Parquet.
// usage: node read_parquet.mjs < queries.json    queries.json: {"name": "SELECT …", …}
// answer: {"name": [{column: value, …}, …], …}; dates are ISO text, integers above 2^53 come as text if the query casts.
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const root = process.env.NARU_SOURCE ?? new URL("../..", import.meta.url).pathname;
const system = process.arch === "arm64" ? "linux-arm64" : "linux-x64";
const duckdb = require(join(root, "node_modules", "@duckdb", `node-bindings-${system}`, "duckdb.node"));

const queries = JSON.parse(readFileSync(0, "utf8"));
const scratch = mkdtempSync(join(tmpdir(), "naru-read-"));
try {
  const connection = await duckdb.connect(await duckdb.open(":memory:"));
  const answers = {};
  for (const [name, sql] of Object.entries(queries)) {
    const file = join(scratch, "answer.json");
    await duckdb.query(connection, `COPY (${sql}) TO '${file}' (FORMAT json, ARRAY true)`);
    answers[name] = JSON.parse(readFileSync(file, "utf8").trim() || "[]");
  }
  console.log(JSON.stringify(answers));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
