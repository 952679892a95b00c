/** A cohort as the builder shows it, and the Circe expression (what ATLAS exports) it stands for. Pure; no words. */

export interface Concept {
  id: number;
  name: string;
  code: string;
  vocabulary: string;
  domain: string;
  standard: boolean;
}
export interface ConceptItem {
  concept: Concept;
  descendants: boolean;
  mapped: boolean;
  excluded: boolean;
}
export interface ConceptSet {
  id: number;
  name: string;
  items: ConceptItem[];
}

export const domains = ['ConditionOccurrence', 'DrugExposure', 'ProcedureOccurrence', 'Measurement', 'Observation', 'VisitOccurrence', 'DeviceExposure', 'ConditionEra', 'DrugEra', 'Death'] as const;
export type Domain = (typeof domains)[number];

export interface Event {
  domain: Domain;
  set: number | null;
  first: boolean;
  ageFrom: number | null;
  ageTo: number | null;
  sex: 'any' | 'female' | 'male';
  valueFrom: number | null;
}
export interface Rule {
  name: string;
  event: Event;
  occurrence: 'at_least' | 'at_most' | 'exactly';
  count: number;
  /** days relative to entry; null: as far as there are records */
  from: number | null;
  to: number | null;
}
export interface Cohort {
  name: string;
  sets: ConceptSet[];
  entry: Event[];
  priorDays: number;
  postDays: number;
  firstOnly: boolean;
  rules: Rule[];
  /** days from the entry event's start or end; null: to the end of observation */
  exitDays: number | null;
  exitFrom: 'StartDate' | 'EndDate';
}

export const emptyEvent = (): Event => ({ domain: 'ConditionOccurrence', set: null, first: false, ageFrom: null, ageTo: null, sex: 'any', valueFrom: null });
export const emptyCohort = (): Cohort => ({ name: '', sets: [], entry: [{ ...emptyEvent(), first: true }], priorDays: 0, postDays: 0, firstOnly: true, rules: [], exitDays: null, exitFrom: 'StartDate' });
export const emptyRule = (): Rule => ({ name: '', event: emptyEvent(), occurrence: 'at_least', count: 1, from: -365, to: 0 });

type Json = { [key: string]: unknown };

const sexes = {
  female: { CONCEPT_ID: 8532, CONCEPT_NAME: 'FEMALE', CONCEPT_CODE: 'F', DOMAIN_ID: 'Gender', VOCABULARY_ID: 'Gender', STANDARD_CONCEPT: 'S', INVALID_REASON: 'V' },
  male: { CONCEPT_ID: 8507, CONCEPT_NAME: 'MALE', CONCEPT_CODE: 'M', DOMAIN_ID: 'Gender', VOCABULARY_ID: 'Gender', STANDARD_CONCEPT: 'S', INVALID_REASON: 'V' },
} as const;
const types = { exactly: 0, at_most: 1, at_least: 2 } as const;

function range(from: number | null, to: number | null): Json | undefined {
  if (from != null && to != null) return { Value: from, Extent: to, Op: 'bt' };
  if (from != null) return { Value: from, Op: 'gte' };
  if (to != null) return { Value: to, Op: 'lte' };
  return undefined;
}

function criterion(event: Event): Json {
  const body: Json = {};
  if (event.set != null) body.CodesetId = event.set;
  if (event.first) body.First = true;
  const age = range(event.ageFrom, event.ageTo);
  if (age) body[event.domain.endsWith('Era') ? 'AgeAtStart' : 'Age'] = age;
  if (event.sex !== 'any') body.Gender = [sexes[event.sex]];
  if (event.domain === 'Measurement' && event.valueFrom != null) body.ValueAsNumber = { Value: event.valueFrom, Op: 'gte' };
  return { [event.domain]: body };
}

function edge(days: number | null, open: -1 | 1): Json {
  if (days == null) return { Coeff: open };
  return { Days: Math.abs(days), Coeff: days < 0 ? -1 : 1 };
}

export function toCirce(cohort: Cohort): Json {
  const limit = { Type: cohort.firstOnly ? 'First' : 'All' };
  const out: Json = {
    ConceptSets: cohort.sets.map((set) => ({
      id: set.id,
      name: set.name,
      expression: {
        items: set.items.map((item) => ({
          concept: {
            CONCEPT_ID: item.concept.id, CONCEPT_NAME: item.concept.name, CONCEPT_CODE: item.concept.code, DOMAIN_ID: item.concept.domain,
            VOCABULARY_ID: item.concept.vocabulary, STANDARD_CONCEPT: item.concept.standard ? 'S' : 'N', INVALID_REASON: 'V',
          },
          isExcluded: item.excluded, includeDescendants: item.descendants, includeMapped: item.mapped,
        })),
      },
    })),
    PrimaryCriteria: { CriteriaList: cohort.entry.map(criterion), ObservationWindow: { PriorDays: cohort.priorDays, PostDays: cohort.postDays }, PrimaryCriteriaLimit: limit },
    QualifiedLimit: limit,
    ExpressionLimit: limit,
    InclusionRules: cohort.rules.map((rule) => ({
      name: rule.name,
      expression: {
        Type: 'ALL',
        CriteriaList: [
          { Criteria: criterion(rule.event), StartWindow: { Start: edge(rule.from, -1), End: edge(rule.to, 1), UseEventEnd: false }, Occurrence: { Type: types[rule.occurrence], Count: rule.count } },
        ],
        DemographicCriteriaList: [],
        Groups: [],
      },
    })),
    CensoringCriteria: [],
    CollapseSettings: { CollapseType: 'ERA', EraPad: 0 },
    CensorWindow: {},
  };
  if (cohort.exitDays != null) out.EndStrategy = { DateOffset: { DateField: cohort.exitFrom, Offset: cohort.exitDays } };
  return out;
}

/** What an expression says that the builder has no field for, by its place; the expression itself can still be asked. */
export class NotEditable extends Error {
  readonly place: string;
  constructor(place: string) {
    super(place);
    this.place = place;
  }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one object, key by key; what is left over is what the builder would lose. */
class Reading {
  private readonly left: Set<string>;
  private readonly value: Json;
  readonly place: string;
  constructor(value: Json, place: string) {
    this.value = value;
    this.place = place;
    this.left = new Set(Object.keys(value).filter((key) => value[key] != null));
  }
  static of(value: unknown, place: string): Reading {
    if (!isObject(value)) throw new NotEditable(place);
    return new Reading(value, place);
  }
  at(key: string): string {
    return this.place ? `${this.place}.${key}` : key;
  }
  raw(key: string): unknown {
    this.left.delete(key);
    return this.value[key] ?? undefined;
  }
  number(key: string): number | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value !== 'number') throw new NotEditable(this.at(key));
    return value;
  }
  flag(key: string): boolean {
    return this.raw(key) === true;
  }
  text(key: string): string {
    const value = this.raw(key);
    return typeof value === 'string' ? value : '';
  }
  list(key: string): [unknown, string][] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new NotEditable(this.at(key));
    return value.map((one, i) => [one, `${this.at(key)}[${i}]`]);
  }
  object(key: string): Reading {
    return Reading.of(this.raw(key), this.at(key));
  }
  has(key: string): boolean {
    return this.value[key] != null;
  }
  /** Empty lists and objects say nothing. */
  done(...ignored: string[]): void {
    for (const key of this.left) {
      if (ignored.includes(key)) continue;
      const value = this.value[key];
      if (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0) continue;
      if (value === false) continue;
      throw new NotEditable(this.at(key));
    }
  }
}

function ageOf(r: Reading, key: string): [number | null, number | null] {
  if (!r.has(key)) return [null, null];
  const age = r.object(key);
  const op = age.text('Op');
  const value = age.number('Value');
  const extent = age.number('Extent');
  age.done();
  if (op === 'bt') return [value, extent];
  if (op === 'gte') return [value, null];
  if (op === 'gt') return [(value ?? 0) + 1, null];
  if (op === 'lte') return [null, value];
  if (op === 'lt') return [null, (value ?? 0) - 1];
  if (op === 'eq') return [value, value];
  throw new NotEditable(age.at('Op'));
}

function eventOf(value: unknown, place: string): Event {
  if (!isObject(value)) throw new NotEditable(place);
  const [domain, ...more] = Object.keys(value);
  if (domain === undefined || more.length > 0 || !(domains as readonly string[]).includes(domain)) throw new NotEditable(`${place}.${domain ?? ''}`);
  const r = Reading.of(value[domain], `${place}.${domain}`);
  const [ageFrom, ageTo] = ageOf(r, domain.endsWith('Era') ? 'AgeAtStart' : 'Age');
  const genders = r.list('Gender').map(([g, at]) => Reading.of(g, at).number('CONCEPT_ID'));
  if (genders.length > 1 || genders.some((id) => id !== 8507 && id !== 8532)) throw new NotEditable(r.at('Gender'));
  let valueFrom: number | null = null;
  if (domain === 'Measurement' && r.has('ValueAsNumber')) {
    const at = r.object('ValueAsNumber');
    if (at.text('Op') !== 'gte') throw new NotEditable(at.at('Op'));
    valueFrom = at.number('Value');
    at.done();
  }
  const event: Event = { domain: domain as Domain, set: r.number('CodesetId'), first: r.flag('First'), ageFrom, ageTo, sex: genders.length === 0 ? 'any' : genders[0] === 8532 ? 'female' : 'male', valueFrom };
  r.done();
  return event;
}

function daysOf(r: Reading): number | null {
  const days = r.number('Days');
  const coeff = r.number('Coeff') ?? 1;
  r.done();
  return days == null ? null : days === 0 ? 0 : days * coeff;
}

function ruleOf(value: unknown, place: string): Rule {
  const r = Reading.of(value, place);
  const name = r.text('name');
  const group = r.object('expression');
  r.done('description');
  const kind = group.text('Type');
  const list = group.list('CriteriaList');
  group.done();
  const only = list[0];
  if (kind !== 'ALL' || list.length !== 1 || only === undefined) throw new NotEditable(group.place);
  const c = Reading.of(only[0], only[1]);
  const event = eventOf(c.raw('Criteria'), c.at('Criteria'));
  const window = c.object('StartWindow');
  const from = daysOf(window.object('Start'));
  const to = daysOf(window.object('End'));
  window.done();
  const often = c.object('Occurrence');
  const type = often.number('Type');
  const count = often.number('Count') ?? 1;
  often.done();
  c.done();
  const occurrence = type === 0 ? 'exactly' : type === 1 ? 'at_most' : 'at_least';
  return { name, event, occurrence, count, from, to };
}

function setOf(value: unknown, place: string): ConceptSet {
  const r = Reading.of(value, place);
  const id = r.number('id') ?? 0;
  const name = r.text('name');
  const items = r.object('expression').list('items').map(([item, at]) => {
    const i = Reading.of(item, at);
    const c = i.object('concept');
    return {
      concept: { id: c.number('CONCEPT_ID') ?? 0, name: c.text('CONCEPT_NAME'), code: c.text('CONCEPT_CODE'), vocabulary: c.text('VOCABULARY_ID'), domain: c.text('DOMAIN_ID'), standard: c.text('STANDARD_CONCEPT') === 'S' },
      descendants: i.flag('includeDescendants'), mapped: i.flag('includeMapped'), excluded: i.flag('isExcluded'),
    };
  });
  return { id, name, items };
}

/** Throws NotEditable with the place of the first thing the builder cannot show. */
export function fromCirce(json: unknown): Cohort {
  let root = Reading.of(json, '');
  const name = root.text('name');
  if (root.has('expression')) root = root.object('expression');
  const sets = root.list('ConceptSets').map(([set, at]) => setOf(set, at));
  const primary = root.object('PrimaryCriteria');
  const entry = primary.list('CriteriaList').map(([c, at]) => eventOf(c, at));
  const window = primary.has('ObservationWindow') ? primary.object('ObservationWindow') : new Reading({}, '');
  const priorDays = window.number('PriorDays') ?? 0;
  const postDays = window.number('PostDays') ?? 0;
  const limit = primary.has('PrimaryCriteriaLimit') ? primary.object('PrimaryCriteriaLimit').text('Type') : 'All';
  primary.done();
  const limits = ['QualifiedLimit', 'ExpressionLimit'].map((key) => (root.has(key) ? root.object(key).text('Type') : limit));
  // One switch in the builder: a definition that takes the first event in one place and all in another keeps its text.
  const rules = root.list('InclusionRules').map(([rule, at]) => ruleOf(rule, at));
  if (limits.some((one, i) => one !== limit && !(i === 0 && !root.has('AdditionalCriteria')))) throw new NotEditable('ExpressionLimit');
  let exitDays: number | null = null;
  let exitFrom: Cohort['exitFrom'] = 'StartDate';
  if (root.has('EndStrategy')) {
    const end = root.object('EndStrategy');
    const offset = end.object('DateOffset');
    const field = offset.text('DateField');
    if (field !== 'StartDate' && field !== 'EndDate') throw new NotEditable(offset.at('DateField'));
    exitFrom = field;
    exitDays = offset.number('Offset') ?? 0;
    offset.done();
    end.done();
  }
  if (root.has('CollapseSettings')) {
    const collapse = root.object('CollapseSettings');
    collapse.text('CollapseType');
    if ((collapse.number('EraPad') ?? 0) !== 0) throw new NotEditable(collapse.at('EraPad'));
  }
  root.done('cdmVersionRange', 'Title', 'createdBy', 'modifiedBy');
  return { name, sets, entry, priorDays, postDays, firstOnly: limit === 'First', rules, exitDays, exitFrom };
}

/** What still stands against asking, as keys of the page's words. */
export function gaps(cohort: Cohort): string[] {
  const out: string[] = [];
  const events = [...cohort.entry, ...cohort.rules.map((rule) => rule.event)];
  if (cohort.entry.length === 0) out.push('no_entry');
  if (events.some((event) => event.set == null && event.domain !== 'Death')) out.push('no_set');
  if (cohort.sets.some((set) => set.items.length === 0)) out.push('empty_set');
  if (cohort.rules.some((rule) => rule.name.trim() === '')) out.push('no_name');
  if (cohort.rules.some((rule) => rule.from != null && rule.to != null && rule.from > rule.to)) out.push('window');
  return out;
}
