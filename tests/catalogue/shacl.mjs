// usage: node shacl.mjs DATASET.ttl DATASET.jsonld
// The Turtle meets the profile's shapes, a copy without a required property does not, and the JSON-LD is the same graph.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { Parser, Store, DataFactory } = await load("n3");
const { default: Validator } = await load("rdf-validate-shacl");
const jsonld = (await load("jsonld")).default;

const [, , turtleFile, jsonFile] = process.argv;
const graph = (text, format) => new Store(new Parser({ format }).parse(text));
const shapes = graph(readFileSync(fileURLToPath(new URL("health-dcat-ap.ttl", import.meta.url)), "utf8"), "text/turtle");
const turtle = graph(readFileSync(turtleFile, "utf8"), "text/turtle");
const validator = new Validator(shapes);
const failures = [];

const report = await validator.validate(turtle);
for (const result of report.results) failures.push(`${result.path?.value ?? "?"} at ${result.focusNode?.value}: ${result.sourceConstraintComponent?.value}`);

// A check that cannot fail is none: without its access rights the dataset must be refused.
const spoilt = new Store(turtle.getQuads().filter((quad) => !quad.predicate.value.endsWith("/accessRights")));
if ((await validator.validate(spoilt)).conforms) failures.push("the shapes accept a dataset without access rights");

const canonical = async (quads) => jsonld.canonize(quads, { algorithm: "RDFC-1.0", inputFormat: "application/n-quads" });
const { Writer } = await load("n3");
const nquads = await new Promise((done, failed) => {
  const writer = new Writer({ format: "N-Quads" });
  writer.addQuads(turtle.getQuads());
  writer.end((error, text) => (error ? failed(error) : done(text)));
});
const fromJson = await jsonld.toRDF(JSON.parse(readFileSync(jsonFile, "utf8")), { format: "application/n-quads" });
if ((await canonical(nquads)) !== (await canonical(fromJson))) failures.push("JSON-LD and Turtle are not the same graph");

for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${turtle.size} triples: ${failures.length === 0 ? "conform, and are the JSON-LD's" : "do not conform"}`);
process.exit(failures.length === 0 ? 0 : 1);
