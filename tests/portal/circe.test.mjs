// The builder's model and Circe expressions: what it writes it reads back, and what it cannot show it says.
// usage: node --test tests/portal/circe.test.mjs   (NARU_SHARED: real ATLAS exports as well)
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { emptyCohort, emptyRule, fromCirce, gaps, NotEditable, toCirce } from "../../web/src/lib/circe.ts";

const concept = (id, name) => ({ id, name, code: String(id), vocabulary: "SNOMED", domain: "Condition", standard: true });
const sample = () => {
  const cohort = emptyCohort();
  cohort.sets = [{ id: 0, name: "diabetes", items: [{ concept: concept(201826, "Type 2 diabetes"), descendants: true, mapped: false, excluded: false }] }];
  cohort.entry[0] = { ...cohort.entry[0], set: 0, ageFrom: 19, sex: "female" };
  cohort.rules = [{ ...emptyRule(), name: "metformin", event: { ...emptyRule().event, domain: "DrugExposure", set: 0 }, from: 0, to: 180 },
    { ...emptyRule(), name: "none before", event: { ...emptyRule().event, set: 0 }, occurrence: "at_most", count: 0, from: null, to: -1 }];
  cohort.exitDays = 365;
  return cohort;
};

test("what the builder writes it reads back unchanged", () => {
  const cohort = sample();
  assert.deepEqual(fromCirce(toCirce(cohort)), cohort);
  assert.deepEqual(fromCirce({ name: "named", expression: toCirce(cohort) }), { ...cohort, name: "named" });
});

test("what the builder has no field for is named by its place, never dropped", () => {
  const expression = toCirce(sample());
  expression.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.ProviderSpecialty = [{ CONCEPT_ID: 1 }];
  assert.throws(() => fromCirce(expression), (error) => error instanceof NotEditable && error.place === "PrimaryCriteria.CriteriaList[0].ConditionOccurrence.ProviderSpecialty");
  const two = toCirce(sample());
  two.InclusionRules[0].expression.Type = "ANY";
  assert.throws(() => fromCirce(two), NotEditable);
  assert.throws(() => fromCirce({}), NotEditable);
  assert.throws(() => fromCirce("text"), NotEditable);
});

test("a cohort says what is missing before it can be asked", () => {
  assert.deepEqual(gaps(sample()), []);
  assert.deepEqual(gaps(emptyCohort()), ["no_set"]);
  const turned = sample();
  turned.rules[0].from = 10;
  turned.rules[0].to = 0;
  assert.deepEqual(gaps(turned), ["window"]);
});

test("real ATLAS exports are read whole and written again, or the first thing that cannot be shown is named", (t) => {
  const folder = join(process.env.NARU_SHARED ?? "../shared", "data", "circe", "cohorts");
  if (!existsSync(folder)) return t.skip(`no ${folder}`);
  let whole = 0;
  for (const file of readdirSync(folder)) {
    const json = JSON.parse(readFileSync(join(folder, file), "utf8"));
    try {
      const cohort = fromCirce(json);
      assert.deepEqual(fromCirce({ name: cohort.name, expression: toCirce(cohort) }), cohort, file);
      whole += 1;
    } catch (error) {
      assert.ok(error instanceof NotEditable && error.place.length > 0, `${file}: ${error}`);
    }
  }
  assert.ok(whole > 0, "at least one export fits the builder");
});
