/** A Circe expression as the builder's cohort. What has no field is kept in `more`; only what is no expression at all is refused. */
import {
  ageKey, domains, hasValue, NotEditable, operators,
  type Cohort, type Concept, type ConceptSet, type Criterion, type Demographic, type Domain, type Edge, type Event, type Exit, type Group, type GroupKind, type Json, type Limit, type Operator, type Range, type Rule, type Sex, type Window,
} from './model.ts';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one object, key by key; what is left over is kept. */
class Reading {
  private readonly left: Json;
  private readonly value: Json;
  readonly place: string;
  constructor(value: Json, place: string) {
    this.value = value;
    this.place = place;
    this.left = { ...value };
  }
  static of(value: unknown, place: string): Reading {
    if (!isObject(value)) throw new NotEditable(place);
    return new Reading(value, place);
  }
  at(key: string): string {
    return this.place ? `${this.place}.${key}` : key;
  }
  has(key: string): boolean {
    return this.value[key] != null;
  }
  /** Without taking it: what cannot be shown stays in `more`. */
  peek(key: string): unknown {
    return this.value[key];
  }
  raw(key: string): unknown {
    delete this.left[key];
    return this.value[key] ?? undefined;
  }
  number(key: string): number | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new NotEditable(this.at(key));
    return value;
  }
  flag(key: string): boolean {
    const value = this.raw(key);
    if (value !== undefined && typeof value !== 'boolean') throw new NotEditable(this.at(key));
    return value === true;
  }
  text(key: string): string {
    const value = this.raw(key);
    if (value !== undefined && typeof value !== 'string') throw new NotEditable(this.at(key));
    return value ?? '';
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
  /** What has no field here. Nulls, empty lists and empty objects say nothing. */
  more(): Json {
    return Object.fromEntries(
      Object.entries(this.left).filter(([, value]) => value != null && !(Array.isArray(value) && value.length === 0) && !(isObject(value) && Object.keys(value).length === 0)),
    );
  }
}

/** The range, when it is one the builder shows; else nothing, and the text stays in `more`. */
function rangeOf(r: Reading, key: string): Range | null {
  if (!r.has(key)) return null;
  const at = Reading.of(r.peek(key), r.at(key));
  const op = at.text('Op');
  const value = at.raw('Value');
  const extent = at.raw('Extent');
  const plain = (operators as readonly string[]).includes(op) && typeof value === 'number' && (extent === undefined || typeof extent === 'number') && Object.keys(at.more()).length === 0;
  if (!plain) return null;
  r.raw(key);
  return { op: op as Operator, value, extent: extent ?? null };
}

function sexOf(r: Reading): Sex {
  const value = r.peek('Gender');
  if (!Array.isArray(value) || value.length !== 1 || !isObject(value[0])) return 'any';
  const id = value[0].CONCEPT_ID;
  if (id !== 8507 && id !== 8532) return 'any';
  r.raw('Gender');
  return id === 8532 ? 'female' : 'male';
}

function eventOf(value: unknown, place: string, depth = 0): Event {
  if (!isObject(value)) throw new NotEditable(place);
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || !(domains as readonly string[]).includes(name)) throw new NotEditable(`${place}.${name ?? ''}`);
  const domain = name as Domain;
  const r = Reading.of(value[domain], `${place}.${domain}`);
  return {
    domain,
    set: r.number('CodesetId'),
    first: r.flag('First'),
    age: rangeOf(r, ageKey(domain)),
    sex: sexOf(r),
    value: hasValue(domain) ? rangeOf(r, 'ValueAsNumber') : null,
    around: r.has('CorrelatedCriteria') ? groupOf(r.raw('CorrelatedCriteria'), r.at('CorrelatedCriteria'), depth + 1) : (r.raw('CorrelatedCriteria'), null),
    more: r.more(),
  };
}

function edgeOf(r: Reading): Edge | null {
  const days = r.number('Days');
  const coeff = r.number('Coeff');
  if ((coeff !== -1 && coeff !== 1) || (days != null && (days < 0 || !Number.isInteger(days))) || Object.keys(r.more()).length > 0) return null;
  return { days: days == null ? null : days === 0 ? 0 : days * coeff, sign: coeff };
}

/** A window the builder can show; else it stays in `more`. */
function windowOf(r: Reading, key: string): Window | null {
  if (!r.has(key)) return (r.raw(key), null);
  const w = Reading.of(r.peek(key), r.at(key));
  const start = edgeOf(w.object('Start'));
  const end = edgeOf(w.object('End'));
  const fromEnd = w.flag('UseIndexEnd');
  const ofEnd = w.flag('UseEventEnd');
  if (!start || !end || Object.keys(w.more()).length > 0) return null;
  r.raw(key);
  return { start, end, fromEnd, ofEnd };
}

function criterionOf(value: unknown, place: string, depth: number): Criterion {
  const r = Reading.of(value, place);
  const event = eventOf(r.raw('Criteria'), r.at('Criteria'), depth);
  const often = r.has('Occurrence') ? r.object('Occurrence') : new Reading({ Type: 2, Count: 1 }, r.at('Occurrence'));
  const type = often.number('Type');
  if (type !== 0 && type !== 1 && type !== 2) throw new NotEditable(often.at('Type'));
  const count = often.number('Count') ?? 0;
  const distinct = often.flag('IsDistinct');
  const out: Criterion = {
    event, count, distinct,
    occurrence: type === 0 ? 'exactly' : type === 1 ? 'at_most' : 'at_least',
    window: windowOf(r, 'StartWindow'),
    endWindow: windowOf(r, 'EndWindow'),
    sameVisit: r.flag('RestrictVisit'),
    anyPeriod: r.flag('IgnoreObservationPeriod'),
    more: {},
  };
  const counted = often.more();
  out.more = { ...r.more(), ...(Object.keys(counted).length > 0 ? { Occurrence: counted } : {}) };
  return out;
}

function demographicOf(value: unknown, place: string): Demographic {
  const r = Reading.of(value, place);
  return { age: rangeOf(r, 'Age'), sex: sexOf(r), more: r.more() };
}

/** Deeper than any definition that people read; keeps a hostile file from exhausting the stack. */
const deepest = 20;

function groupOf(value: unknown, place: string, depth = 0): Group {
  if (depth > deepest) throw new NotEditable(place);
  const r = Reading.of(value, place);
  const kind = r.text('Type').toUpperCase();
  if (kind !== 'ALL' && kind !== 'ANY' && kind !== 'AT_LEAST' && kind !== 'AT_MOST') throw new NotEditable(r.at('Type'));
  const count = r.number('Count');
  return {
    kind: kind as GroupKind,
    count: count ?? (kind === 'AT_LEAST' || kind === 'AT_MOST' ? 0 : 1),
    criteria: r.list('CriteriaList').map(([one, at]) => criterionOf(one, at, depth)),
    people: r.list('DemographicCriteriaList').map(([one, at]) => demographicOf(one, at)),
    groups: r.list('Groups').map(([one, at]) => groupOf(one, at, depth + 1)),
    more: r.more(),
  };
}

function ruleOf(value: unknown, place: string): Rule {
  const r = Reading.of(value, place);
  return { name: r.text('name'), description: r.text('description'), group: groupOf(r.raw('expression'), r.at('expression')), more: r.more() };
}

function conceptOf(c: Reading): Concept {
  const id = c.number('CONCEPT_ID');
  if (id == null) throw new NotEditable(c.at('CONCEPT_ID'));
  const name = c.text('CONCEPT_NAME');
  const code = String(c.raw('CONCEPT_CODE') ?? '');
  const vocabulary = c.text('VOCABULARY_ID');
  const domain = c.text('DOMAIN_ID');
  const more = c.more();
  const made = Object.keys(more).length === 2 && more.INVALID_REASON === 'V' && (more.STANDARD_CONCEPT === 'S' || more.STANDARD_CONCEPT === 'N');
  return { id, name, code, vocabulary, domain, standard: more.STANDARD_CONCEPT === 'S', ...(made ? {} : { more }) };
}

function setOf(value: unknown, place: string): ConceptSet {
  const r = Reading.of(value, place);
  const id = r.number('id');
  if (id == null) throw new NotEditable(r.at('id'));
  const name = r.text('name');
  const items = (r.has('expression') ? r.object('expression').list('items') : []).map(([item, at]) => {
    const i = Reading.of(item, at);
    return { concept: conceptOf(i.object('concept')), descendants: i.flag('includeDescendants'), mapped: i.flag('includeMapped'), excluded: i.flag('isExcluded') };
  });
  const more = r.more();
  return { id, name, items, ...(Object.keys(more).length > 0 ? { more } : {}) };
}

function limitOf(r: Reading, key: string): Limit {
  const type = r.has(key) ? r.object(key).text('Type') : '';
  // Circe takes an unnamed limit as all events.
  const found = (['All', 'First', 'Last'] as const).find((one) => one.toUpperCase() === type.toUpperCase());
  if (type !== '' && !found) throw new NotEditable(`${r.at(key)}.Type`);
  return found ?? 'All';
}

function exitOf(root: Reading): Exit {
  if (!root.has('EndStrategy')) return (root.raw('EndStrategy'), { kind: 'observation' });
  const end = root.object('EndStrategy');
  if (end.has('DateOffset')) {
    const offset = end.object('DateOffset');
    const from = offset.text('DateField');
    if (from !== 'StartDate' && from !== 'EndDate') throw new NotEditable(offset.at('DateField'));
    return { kind: 'offset', days: offset.number('Offset') ?? 0, from, more: offset.more() };
  }
  if (!end.has('CustomEra')) throw new NotEditable(end.place);
  const era = end.object('CustomEra');
  return { kind: 'era', set: era.number('DrugCodesetId'), gap: era.number('GapDays') ?? 0, offset: era.number('Offset') ?? 0, more: era.more() };
}

/** Throws NotEditable with the place of the first thing that is no Circe expression. */
export function fromCirce(json: unknown): Cohort {
  let root = Reading.of(json, '');
  let name = root.has('expression') ? root.text('name') : '';
  if (root.has('expression')) root = root.object('expression');
  else if (root.has('name')) name = root.text('name');
  const primary = root.object('PrimaryCriteria');
  const window = primary.has('ObservationWindow') ? primary.object('ObservationWindow') : new Reading({}, '');
  const sets = root.list('ConceptSets').map(([set, at]) => setOf(set, at));
  const out: Cohort = {
    name, sets,
    entry: primary.list('CriteriaList').map(([c, at]) => eventOf(c, at)),
    priorDays: window.number('PriorDays') ?? 0,
    postDays: window.number('PostDays') ?? 0,
    entryLimit: limitOf(primary, 'PrimaryCriteriaLimit'),
    additional: root.has('AdditionalCriteria') ? groupOf(root.raw('AdditionalCriteria'), 'AdditionalCriteria') : (root.raw('AdditionalCriteria'), null),
    additionalLimit: limitOf(root, 'QualifiedLimit'),
    rules: root.list('InclusionRules').map(([rule, at]) => ruleOf(rule, at)),
    limit: limitOf(root, 'ExpressionLimit'),
    exit: exitOf(root),
    censoring: root.list('CensoringCriteria').map(([c, at]) => eventOf(c, at)),
    eraPad: 0,
    calendar: { from: '', to: '' },
    more: {},
  };
  let collapse: Json = {};
  if (root.has('CollapseSettings')) {
    const settings = root.object('CollapseSettings');
    if (settings.text('CollapseType') !== 'ERA') throw new NotEditable(settings.at('CollapseType'));
    out.eraPad = settings.number('EraPad') ?? 0;
    collapse = settings.more();
  }
  if (root.has('CensorWindow')) {
    const calendar = root.object('CensorWindow');
    out.calendar = { from: calendar.text('StartDate'), to: calendar.text('EndDate') };
  } else root.raw('CensorWindow');
  const kept = primary.more();
  out.more = { ...root.more(), ...(Object.keys(collapse).length > 0 ? { CollapseSettings: collapse } : {}), ...(Object.keys(kept).length > 0 ? { PrimaryCriteria: kept } : {}) };
  return out;
}
