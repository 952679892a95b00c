// The builder's model and Circe expressions: what it writes it reads back, and what it reads it writes back unchanged.
// usage: scripts/with-node --test tests/portal/circe.test.mjs   (NARU_SHARED: real ATLAS exports as well)
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { emptyCohort, emptyCriterion, emptyDemographic, emptyEvent, emptyGroup, emptyRule, fromCirce, gaps, NotEditable, toCirce } from "../../web/src/lib/circe/index.ts";

const concept = (id, name) => ({ id, name, code: String(id), vocabulary: "SNOMED", domain: "Condition", standard: true });
const gte = (value) => ({ op: "gte", value, extent: null });
const days = (n) => ({ days: n, sign: n < 0 ? -1 : 1 });
const sample = () => {
  const cohort = emptyCohort();
  cohort.sets = [
    { id: 0, name: "diabetes", items: [{ concept: concept(201826, "Type 2 diabetes"), descendants: true, mapped: false, excluded: false }, { concept: concept(201254, "Type 1 diabetes"), descendants: true, mapped: false, excluded: true }] },
    { id: 1, name: "metformin", items: [{ concept: concept(1503297, "metformin"), descendants: true, mapped: true, excluded: false }] },
  ];
  cohort.entry[0] = { ...cohort.entry[0], set: 0, age: gte(19), sex: "female" };
  const drug = { ...emptyCriterion(), event: { ...emptyEvent(), domain: "DrugExposure", set: 1 }, window: { start: days(0), end: days(180), fromEnd: false, ofEnd: false } };
  const never = { ...emptyCriterion(), event: { ...emptyEvent(), set: 0 }, occurrence: "at_most", count: 0, window: { start: { days: null, sign: -1 }, end: days(-1), fromEnd: false, ofEnd: false } };
  const lab = { ...emptyCriterion(), event: { ...emptyEvent(), domain: "Measurement", set: 0, value: { op: "bt", value: 6.5, extent: 9.25 } }, distinct: true, count: 2, sameVisit: true };
  const around = { ...emptyCriterion(), event: { ...emptyEvent(), domain: "VisitOccurrence", set: 1, around: { ...emptyGroup(), kind: "AT_LEAST", count: 2, criteria: [drug, lab] } }, endWindow: { start: days(-30), end: { days: null, sign: 1 }, fromEnd: true, ofEnd: true } };
  cohort.rules = [
    { ...emptyRule(), name: "treated", group: { ...emptyGroup(), kind: "ANY", criteria: [drug, around], groups: [{ ...emptyGroup(), kind: "AT_MOST", count: 0, criteria: [never] }] } },
    { ...emptyRule(), name: "adults", group: { ...emptyGroup(), criteria: [], people: [{ ...emptyDemographic(), age: { op: "bt", value: 19, extent: 64 }, sex: "male" }] } },
  ];
  cohort.exit = { kind: "offset", days: 365, from: "EndDate", more: {} };
  cohort.censoring = [{ ...emptyEvent(), domain: "Death" }];
  cohort.eraPad = 30;
  cohort.calendar = { from: "2015-01-01", to: "" };
  return cohort;
};

test("what the builder writes it reads back unchanged", () => {
  const cohort = sample();
  assert.deepEqual(fromCirce(toCirce(cohort)), cohort);
  assert.deepEqual(fromCirce({ name: "named", expression: toCirce(cohort) }), { ...cohort, name: "named" });
});

test("what the builder has no field for is kept beside the part it belongs to, and written back", () => {
  const expression = toCirce(sample());
  const specialty = [{ CONCEPT_ID: 38004456 }];
  expression.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.ProviderSpecialty = specialty;
  expression.InclusionRules[0].expression.CriteriaList[0].Occurrence.CountColumn = "START_DATE";
  const cohort = fromCirce(expression);
  assert.deepEqual(cohort.entry[0].more, { ProviderSpecialty: specialty });
  cohort.entry[0].age = gte(30);
  const again = toCirce(cohort);
  assert.deepEqual(again.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.ProviderSpecialty, specialty);
  assert.equal(again.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Age.Value, 30);
  assert.equal(again.InclusionRules[0].expression.CriteriaList[0].Occurrence.CountColumn, "START_DATE");
});

test("what is no expression is refused by its place", () => {
  const wrong = toCirce(sample());
  wrong.InclusionRules[0].expression.Type = "SOME";
  assert.throws(() => fromCirce(wrong), (error) => error instanceof NotEditable && error.place === "InclusionRules[0].expression.Type");
  assert.throws(() => fromCirce({}), NotEditable);
  assert.throws(() => fromCirce("text"), NotEditable);
  const deep = toCirce(sample());
  let at = deep.InclusionRules[0].expression;
  for (let i = 0; i < 40; i += 1) {
    at.Groups = [{ Type: "ALL", CriteriaList: [], DemographicCriteriaList: [], Groups: [] }];
    at = at.Groups[0];
  }
  assert.throws(() => fromCirce(deep), NotEditable);
});

test("a cohort says what is missing before it can be asked", () => {
  assert.deepEqual(gaps(sample()), []);
  assert.deepEqual(gaps(emptyCohort()), ["no_set"]);
  const turned = sample();
  turned.rules[0].group.criteria[0] = { ...turned.rules[0].group.criteria[0], window: { start: days(10), end: days(0), fromEnd: false, ofEnd: false } };
  assert.deepEqual(gaps(turned), ["window"]);
  const inner = sample();
  inner.rules[0].group.criteria[1].event.around.criteria = [];
  inner.rules[0].group.groups[0].criteria = [];
  assert.deepEqual(gaps(inner), ["empty_group"]);
  const lost = sample();
  lost.sets = lost.sets.slice(0, 1);
  assert.deepEqual(gaps(lost), ["lost_set"]);
  const range = sample();
  range.rules[1].group.people[0].age = { op: "bt", value: 64, extent: 19 };
  range.entry[0].age = { op: "bt", value: 64, extent: 19 };
  assert.deepEqual(gaps(range), ["range"]);
});

/** An expression as Circe takes it: nulls, empty lists and false flags say nothing; of a sex only the concept's id is read; the count of
 *  ALL and ANY is not read; day 0 has no direction. */
function meaning(value, key = "") {
  if (Array.isArray(value)) {
    const list = value.map((one) => meaning(key === "Gender" && one && one.CONCEPT_ID ? { CONCEPT_ID: one.CONCEPT_ID } : one));
    return list.length === 0 ? undefined : list;
  }
  if (value === null || value === false || value === undefined) return undefined;
  if (typeof value !== "object") return value;
  const out = {};
  for (const [name, one] of Object.entries(value)) {
    if (name === "Count" && "CriteriaList" in value && (value.Type === "ALL" || value.Type === "ANY")) continue;
    if (name === "Coeff" && value.Days === 0) continue;
    const kept = meaning(one, name);
    if (kept !== undefined) out[name] = kept;
  }
  return Object.keys(out).length === 0 && key !== "Death" ? undefined : out;
}

const folder = join(process.env.NARU_SHARED ?? "../shared", "data", "circe", "cohorts");
const definitions = () => readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8"))]);

test("every real ATLAS export comes out of the builder as Circe read it", (t) => {
  if (!existsSync(folder)) return t.skip(`no ${folder}`);
  const all = definitions();
  assert.equal(all.length, 40);
  for (const [file, json] of all) {
    const cohort = fromCirce(json);
    assert.deepEqual(meaning(toCirce(cohort)), meaning(json.expression ?? json), file);
    assert.deepEqual(fromCirce({ name: cohort.name, expression: toCirce(cohort) }), cohort, file);
  }
});

test("the comparison notices a change of anything that Circe reads", (t) => {
  if (!existsSync(folder)) return t.skip(`no ${folder}`);
  let changed = 0;
  for (const [file, json] of definitions()) {
    const before = JSON.stringify(meaning(json));
    const walk = (node, place) => {
      for (const [key, value] of Object.entries(node)) {
        if (value !== null && typeof value === "object") walk(value, `${place}.${key}`);
        else if (typeof value === "number" || typeof value === "boolean") {
          if (key === "Coeff" && node.Days === 0) continue;
          if (key === "Count" && "CriteriaList" in node) continue;
          node[key] = typeof value === "number" ? value + 1 : !value;
          assert.notEqual(JSON.stringify(meaning(json)), before, `${file}${place}.${key}`);
          node[key] = value;
          changed += 1;
        }
      }
    };
    // Concept sets are long and all alike: the first tells.
    walk({ ...json, ConceptSets: (json.ConceptSets ?? []).slice(0, 1) }, "");
  }
  assert.ok(changed > 1000, `${changed} changes`);
});
