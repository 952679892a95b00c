/** A cohort as the builder shows it. What it has no field for stays in `more`, beside the part it belongs to, and is written back
 *  as it was: nothing of an imported definition is lost. Pure; no words. */

export type Json = { [key: string]: unknown };

export interface Concept {
  id: number;
  name: string;
  code: string;
  vocabulary: string;
  domain: string;
  standard: boolean;
  /** further attributes as the file had them */
  more?: Json;
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
  more?: Json;
}

export const domains = [
  'ConditionOccurrence', 'DrugExposure', 'ProcedureOccurrence', 'Measurement', 'Observation', 'VisitOccurrence', 'VisitDetail', 'DeviceExposure',
  'ConditionEra', 'DrugEra', 'DoseEra', 'Specimen', 'Death', 'ObservationPeriod', 'PayerPlanPeriod', 'LocationRegion',
] as const;
export type Domain = (typeof domains)[number];
/** Events that need no concept set. */
export const withoutSet: readonly Domain[] = ['Death', 'ObservationPeriod', 'PayerPlanPeriod'];
const ages: Partial<Record<Domain, string>> = { ConditionEra: 'AgeAtStart', DrugEra: 'AgeAtStart', DoseEra: 'AgeAtStart', ObservationPeriod: 'AgeAtStart', PayerPlanPeriod: 'AgeAtStart' };
export const ageKey = (domain: Domain): string => ages[domain] ?? 'Age';
export const hasValue = (domain: Domain): boolean => domain === 'Measurement' || domain === 'Observation';

export const operators = ['gte', 'gt', 'lte', 'lt', 'eq', 'bt', '!bt', '!eq'] as const;
export type Operator = (typeof operators)[number];
export interface Range {
  op: Operator;
  value: number;
  /** upper end of bt and !bt */
  extent: number | null;
}

export type Sex = 'any' | 'female' | 'male';
export interface Event {
  domain: Domain;
  set: number | null;
  first: boolean;
  age: Range | null;
  sex: Sex;
  /** of a measurement or observation */
  value: Range | null;
  /** what must stand around this very event */
  around: Group | null;
  more: Json;
}
/** Days relative to the index event; null: as far as there are records, in the direction of `sign`. */
export interface Edge {
  days: number | null;
  sign: -1 | 1;
}
export interface Window {
  start: Edge;
  end: Edge;
  /** counted from the end of the index event, not from its start */
  fromEnd: boolean;
  /** the event's end lies in it, not its start */
  ofEnd: boolean;
}
export type Occurrence = 'exactly' | 'at_most' | 'at_least';
export interface Criterion {
  event: Event;
  occurrence: Occurrence;
  count: number;
  /** different concepts (or days …) are counted, not records */
  distinct: boolean;
  window: Window | null;
  endWindow: Window | null;
  sameVisit: boolean;
  /** also outside the index event's observation period */
  anyPeriod: boolean;
  more: Json;
}
export interface Demographic {
  age: Range | null;
  sex: Sex;
  more: Json;
}
export type GroupKind = 'ALL' | 'ANY' | 'AT_LEAST' | 'AT_MOST';
export interface Group {
  kind: GroupKind;
  count: number;
  criteria: Criterion[];
  people: Demographic[];
  groups: Group[];
  more: Json;
}
export interface Rule {
  name: string;
  description: string;
  group: Group;
  more: Json;
}
export type Limit = 'All' | 'First' | 'Last';
export type Exit =
  | { kind: 'observation' }
  | { kind: 'offset'; days: number; from: 'StartDate' | 'EndDate'; more: Json }
  | { kind: 'era'; set: number | null; gap: number; offset: number; more: Json };

export interface Cohort {
  name: string;
  sets: ConceptSet[];
  entry: Event[];
  priorDays: number;
  postDays: number;
  entryLimit: Limit;
  /** what every entry event must also fulfil; null: nothing */
  additional: Group | null;
  additionalLimit: Limit;
  rules: Rule[];
  limit: Limit;
  exit: Exit;
  /** any of these ends the cohort earlier */
  censoring: Event[];
  eraPad: number;
  /** days of the calendar outside which nobody is in the cohort; '' where there is no end */
  calendar: { from: string; to: string };
  more: Json;
}

export const emptyEvent = (): Event => ({ domain: 'ConditionOccurrence', set: null, first: false, age: null, sex: 'any', value: null, around: null, more: {} });
export const emptyWindow = (): Window => ({ start: { days: -365, sign: -1 }, end: { days: 0, sign: -1 }, fromEnd: false, ofEnd: false });
export const emptyCriterion = (): Criterion => ({ event: emptyEvent(), occurrence: 'at_least', count: 1, distinct: false, window: emptyWindow(), endWindow: null, sameVisit: false, anyPeriod: false, more: {} });
export const emptyDemographic = (): Demographic => ({ age: null, sex: 'any', more: {} });
export const emptyGroup = (): Group => ({ kind: 'ALL', count: 1, criteria: [emptyCriterion()], people: [], groups: [], more: {} });
export const emptyRule = (): Rule => ({ name: '', description: '', group: emptyGroup(), more: {} });
export const emptyCohort = (): Cohort => ({
  name: '', sets: [], entry: [{ ...emptyEvent(), first: true }], priorDays: 0, postDays: 0, entryLimit: 'First', additional: null, additionalLimit: 'First', rules: [], limit: 'First',
  exit: { kind: 'observation' }, censoring: [], eraPad: 0, calendar: { from: '', to: '' }, more: {},
});

/** What an expression says that cannot be read at all, by its place; the expression itself can still be asked. */
export class NotEditable extends Error {
  readonly place: string;
  constructor(place: string) {
    super(place);
    this.place = place;
  }
}

/** Every event of a group, nested ones too. */
export function eventsOf(group: Group | null): Event[] {
  if (!group) return [];
  return [...group.criteria.flatMap((c) => [c.event, ...eventsOf(c.event.around)]), ...group.groups.flatMap(eventsOf)];
}
export function criteriaOf(group: Group | null): Criterion[] {
  if (!group) return [];
  return [...group.criteria.flatMap((c) => [c, ...criteriaOf(c.event.around)]), ...group.groups.flatMap(criteriaOf)];
}
/** All events of a cohort, wherever they stand. */
export function allEvents(cohort: Cohort): Event[] {
  const outer = [...cohort.entry, ...cohort.censoring];
  return [...outer, ...outer.flatMap((e) => eventsOf(e.around)), ...eventsOf(cohort.additional), ...cohort.rules.flatMap((r) => eventsOf(r.group))];
}
const allCriteria = (cohort: Cohort): Criterion[] => [...cohort.entry.flatMap((e) => criteriaOf(e.around)), ...criteriaOf(cohort.additional), ...cohort.rules.flatMap((r) => criteriaOf(r.group))];

function signed(edge: Edge): number {
  return edge.days == null ? edge.sign * Number.POSITIVE_INFINITY : edge.days;
}
const empty = (group: Group): boolean => group.criteria.length + group.people.length + group.groups.length === 0 || group.groups.some(empty);
const wrongWay = (range: Range | null): boolean => range != null && range.op.endsWith('bt') && (range.extent == null || range.extent < range.value);

/** What still stands against asking, as keys of the page's words. */
export function gaps(cohort: Cohort): string[] {
  const out: string[] = [];
  const events = allEvents(cohort);
  const criteria = allCriteria(cohort);
  const ids = new Set(cohort.sets.map((set) => set.id));
  // An imported event without a set counts every record of its kind: said in the file, so no gap there.
  if (cohort.entry.length === 0) out.push('no_entry');
  if (events.some((event) => event.set == null && !withoutSet.includes(event.domain) && Object.keys(event.more).length === 0 && event.value == null)) out.push('no_set');
  if (events.some((event) => event.set != null && !ids.has(event.set))) out.push('lost_set');
  if (cohort.sets.some((set) => set.items.length === 0)) out.push('empty_set');
  if (cohort.rules.some((rule) => rule.name.trim() === '')) out.push('no_name');
  if (cohort.rules.some((rule) => empty(rule.group)) || (cohort.additional && empty(cohort.additional))) out.push('empty_group');
  if (criteria.some((c) => [c.window, c.endWindow].some((w) => w != null && signed(w.start) > signed(w.end)))) out.push('window');
  if (events.some((event) => wrongWay(event.age) || wrongWay(event.value))) out.push('range');
  return out;
}
