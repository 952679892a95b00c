/** The builder's cohort as a Circe expression, as ATLAS exports it. */
import { ageKey, type Cohort, type Concept, type Criterion, type Edge, type Event, type Group, type Json, type Range, type Sex, type Window } from './model.ts';

const sexes = {
  female: { CONCEPT_ID: 8532, CONCEPT_NAME: 'FEMALE', CONCEPT_CODE: 'F', DOMAIN_ID: 'Gender', VOCABULARY_ID: 'Gender', STANDARD_CONCEPT: 'S', INVALID_REASON: 'V' },
  male: { CONCEPT_ID: 8507, CONCEPT_NAME: 'MALE', CONCEPT_CODE: 'M', DOMAIN_ID: 'Gender', VOCABULARY_ID: 'Gender', STANDARD_CONCEPT: 'S', INVALID_REASON: 'V' },
} as const;
const types = { exactly: 0, at_most: 1, at_least: 2 } as const;

function range(r: Range): Json {
  return r.extent == null ? { Value: r.value, Op: r.op } : { Value: r.value, Extent: r.extent, Op: r.op };
}

function person(body: Json, sex: Sex): void {
  if (sex !== 'any') body.Gender = [sexes[sex]];
}

function event(e: Event): Json {
  const body: Json = {};
  if (e.set != null) body.CodesetId = e.set;
  if (e.first) body.First = true;
  if (e.age) body[ageKey(e.domain)] = range(e.age);
  if (e.value) body.ValueAsNumber = range(e.value);
  if (e.around) body.CorrelatedCriteria = group(e.around);
  Object.assign(body, e.more);
  person(body, e.sex);
  return { [e.domain]: body };
}

function edge(e: Edge): Json {
  if (e.days == null) return { Coeff: e.sign };
  return { Days: Math.abs(e.days), Coeff: e.days === 0 ? e.sign : e.days < 0 ? -1 : 1 };
}

function window(w: Window): Json {
  return { Start: edge(w.start), End: edge(w.end), UseIndexEnd: w.fromEnd, UseEventEnd: w.ofEnd };
}

function criterion(c: Criterion): Json {
  const { Occurrence: counted, ...more } = c.more;
  const out: Json = { Criteria: event(c.event) };
  if (c.window) out.StartWindow = window(c.window);
  if (c.endWindow) out.EndWindow = window(c.endWindow);
  out.RestrictVisit = c.sameVisit;
  out.IgnoreObservationPeriod = c.anyPeriod;
  out.Occurrence = { Type: types[c.occurrence], Count: c.count, IsDistinct: c.distinct, ...(counted as Json | undefined) };
  return { ...out, ...more };
}

export function group(g: Group): Json {
  const out: Json = { Type: g.kind };
  if (g.kind === 'AT_LEAST' || g.kind === 'AT_MOST') out.Count = g.count;
  out.CriteriaList = g.criteria.map(criterion);
  out.DemographicCriteriaList = g.people.map((p) => {
    const body: Json = {};
    if (p.age) body.Age = range(p.age);
    Object.assign(body, p.more);
    person(body, p.sex);
    return body;
  });
  out.Groups = g.groups.map(group);
  return { ...out, ...g.more };
}

function concept(c: Concept): Json {
  return {
    CONCEPT_ID: c.id, CONCEPT_NAME: c.name, CONCEPT_CODE: c.code, DOMAIN_ID: c.domain, VOCABULARY_ID: c.vocabulary,
    ...(c.more ?? { STANDARD_CONCEPT: c.standard ? 'S' : 'N', INVALID_REASON: 'V' }),
  };
}

function exit(cohort: Cohort): Json {
  const { exit: e } = cohort;
  if (e.kind === 'offset') return { EndStrategy: { DateOffset: { DateField: e.from, Offset: e.days, ...e.more } } };
  if (e.kind === 'era') return { EndStrategy: { CustomEra: { ...(e.set == null ? {} : { DrugCodesetId: e.set }), GapDays: e.gap, Offset: e.offset, ...e.more } } };
  return {};
}

export function toCirce(cohort: Cohort): Json {
  const { CollapseSettings: collapse, PrimaryCriteria: primary, ...more } = cohort.more;
  const calendar: Json = {};
  if (cohort.calendar.from) calendar.StartDate = cohort.calendar.from;
  if (cohort.calendar.to) calendar.EndDate = cohort.calendar.to;
  return {
    ConceptSets: cohort.sets.map((set) => ({
      id: set.id,
      name: set.name,
      expression: { items: set.items.map((item) => ({ concept: concept(item.concept), isExcluded: item.excluded, includeDescendants: item.descendants, includeMapped: item.mapped })) },
      ...set.more,
    })),
    PrimaryCriteria: {
      CriteriaList: cohort.entry.map(event),
      ObservationWindow: { PriorDays: cohort.priorDays, PostDays: cohort.postDays },
      PrimaryCriteriaLimit: { Type: cohort.entryLimit },
      ...(primary as Json | undefined),
    },
    ...(cohort.additional ? { AdditionalCriteria: group(cohort.additional) } : {}),
    QualifiedLimit: { Type: cohort.additionalLimit },
    ExpressionLimit: { Type: cohort.limit },
    InclusionRules: cohort.rules.map((rule) => ({ name: rule.name, ...(rule.description ? { description: rule.description } : {}), expression: group(rule.group), ...rule.more })),
    ...exit(cohort),
    CensoringCriteria: cohort.censoring.map(event),
    CollapseSettings: { CollapseType: 'ERA', EraPad: cohort.eraPad, ...(collapse as Json | undefined) },
    CensorWindow: calendar,
    ...more,
  };
}
