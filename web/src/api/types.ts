/** What the authority answers under /api/v1, as far as the portal shows it. A `Both` is a text in Korean and English. */
import type { Both } from '../lib/words';

export interface Account {
  id: string;
  name: Both;
  organisation: string;
  roles: string[];
}
export interface Session {
  account: Account | null;
}
/** As the authority tells it; `account` is null when nobody is signed in. */
export interface RawSession {
  account: string | null;
  name?: Both;
  roles?: string[];
  organisation?: string;
  csrf?: string;
}

/** The journey of data; a figure nobody released is null. */
export interface Status {
  site: string;
  version: string;
  journey: {
    holders: number | null;
    persons: number | null;
    records: number | null;
    datasets: number | null;
    rights: number | null;
    answers: number | null;
    evidence: number | null;
    log_entries: number | null;
    release: string | null;
    epoch: number | null;
  };
}

export * from './types_catalogue';
export * from './types_evidence';
/** Shares of persons rounded to `step`; null where there are too few persons. */
export interface AttackerFigures {
  unique: number | null;
  found: number | null;
  above_limit: number | null;
  unknown: number | null;
  step: number | null;
}
export interface AttackerRisk {
  id: string;
  knows: Both;
  before: AttackerFigures;
  after: AttackerFigures | null;
}
export interface AttackFigure {
  name: string;
  what: Both;
  questions: number;
  advantage: number;
  ci95: [number, number];
  within: boolean;
}
/** How strictly an application is reviewed, and why: worked out when it was handed in. */
export interface ReviewNeed {
  policy: string;
  policy_hash: string;
  tier: string;
  reviewers_min: number;
  external_min: number;
  in_person: boolean;
  reasons: Both[];
}

export interface ClockView {
  what: string;
  owner: string;
  started: string;
  deadline: string;
  unit: 'working_days' | 'calendar_days';
  allowed_days: number;
  left_days: number;
  breached: boolean;
  stopped: boolean;
  calendar_known: boolean;
}
export interface StepName {
  id: string;
  title: Both;
  owner: string;
  kind?: string;
}
export interface ApplicationCard {
  id: string;
  title: Both;
  organisation: string;
  step: StepName;
  outcome: string;
  closed: boolean;
  submitted_at: string;
  next_deadline: string | null;
  breached: boolean;
  actions: string[];
}
/** One line of the public register: no person's name stands in it. */
export interface Use {
  right: string;
  title: Both;
  summary: string;
  purpose: string;
  purpose_code: string;
  ai_use: string;
  commercial: boolean;
  organisation: string;
  partners: string[];
  holders: string[];
  tables: string[];
  valid_from: string;
  valid_until: string;
  state: string;
  answers: number | null;
  revoked_at: string | null;
}
export interface Vote {
  vote: string | null;
  reason: string;
  at: string;
}
export interface Member {
  account: string;
  organisation: string;
  chair: boolean;
  external: boolean;
  expertise: string;
  recused: { reason_text: Both; by_rule: boolean; at: string } | null;
  voted: boolean;
  vote: Vote | null;
}
export interface Board {
  id: string;
  title: Both;
  members: Member[];
  count: {
    assigned: number; recused: number; voted: number; approve: number; reject: number; revise: number; abstain: number;
    quorum: number; quorum_met: boolean; carried: string;
  };
}
export interface LocalAnswer {
  site: string;
  answer: string | null;
  conditions: string[];
  note: string;
  by: string;
  at: string;
}
export interface Application {
  id: string;
  project: string;
  title: Both;
  organisation: string;
  applicant: string;
  submitted_at: string;
  programme: string;
  dossier: {
    holders: string[];
    datasets: string[];
    release: string;
    modes: string[];
    tables: string[];
    cohort: unknown;
    purpose_code: string;
    purpose: string;
    ai_use: string;
    commercial: boolean;
    people: { account: string; name: string; role: string }[];
    query_budget: number;
    valid_from: string;
    valid_until: string;
    forms?: Record<string, Record<string, unknown>>;
    missing: { form: string; field: string; what: Both }[];
  };
  terms: { dataset: string; match: 'yes' | 'no' | 'board'; reasons: Both[] }[];
  sop: { id: string; version: number; hash: string; title: Both; steps: (StepName & { state: 'done' | 'open' | 'ahead' })[] };
  step: StepName;
  closed: boolean;
  outcome: string;
  clocks: ClockView[];
  review?: ReviewNeed | null;
  local_context: LocalAnswer[];
  board: Board | null;
  decision: { decision: string; conditions: string[] } | null;
  certificate: string | null;
  history: { version: number; type: string; step: string; actor: string; at: string; note: Both }[];
  actions: string[];
  rights: string[];
  boards?: { id: string; title: Both }[];
  policies?: string[];
}

export interface Right {
  right: {
    id: string;
    project: string;
    organisation: string;
    people: string[];
    release: string;
    sites: string[];
    modes: string[];
    tables: string[];
    cohort: unknown;
    purpose: string;
    valid_from: string;
    valid_until: string;
    query_budget: number;
    policy: string;
    policy_hash: string;
    vocabulary_hash: string;
    issued_at: string;
    issuer: string;
  };
  state: string;
  revoked: { at: string; reason: string } | null;
  meter: { budget: number; used: number | null };
  application: string;
  digest: string;
  file: string;
}

export interface ProgrammeCard {
  id: string;
  title: Both;
  budget: number;
  granted: number;
  spent: number;
  places: number;
  places_taken: number;
}
export interface Voucher {
  id: string;
  organisation: string;
  size: string;
  class: string;
  grant: number;
  copay: number;
  copay_paid: number;
  value: number;
  charged: number;
  left: number;
  closed: boolean;
  by_holder: Record<string, number>;
}
export interface Programme extends ProgrammeCard {
  version: number;
  source: string;
  hash: string;
  opens: string;
  closes: string;
  copaid: number;
  left: number;
  classes: { id: string; title: Both; places: number; places_taken: number; grant_max: number; left: number }[];
  sizes: { id: string; title: Both; copay_percent: number; support_percent: number }[];
  vouchers: Voucher[];
  balances: Record<string, number>;
  transactions: {
    number: number; kind: string; voucher: string; memo: string; actor: string; at: string;
    postings: { account: string; amount: number }[];
  }[];
  reconciliation: { balanced: boolean; faults: Both[] };
}

/** The six forms of an application, and the labels of purposes and use terms. */
export interface Forms {
  forms: { id: string; title: Both; fields: { id: string; required: boolean; title: Both }[] }[];
}
export interface Terms {
  terms: Record<string, Both>;
}

export interface DefinitionCard {
  id: string;
  title: Both;
  description?: Both;
  expression: unknown;
}
/** Why a figure is withheld: "small", "complementary", or another code. */
export type Reason = string;
export interface CountTable {
  rows: string[];
  columns: string[];
  cells: (number | null)[][];
  reasons: Reason[][];
  row_totals?: unknown;
  column_totals?: unknown;
}
/** What one holder, or the combiner for the linked release, let go. */
export interface SiteAnswer {
  site: string;
  mode: string;
  distinct: boolean;
  persons: number | null;
  reason?: Reason;
  table?: CountTable | null;
  epoch: number | null;
  repeated: boolean;
  algorithm?: string;
  identity?: string;
  policy?: string;
  vocabulary?: string;
  rules?: { min_cell: number; round_to: number; complementary: boolean } | null;
  ledger?: { derived: number; withheld: number; perturbed: boolean } | null;
  noise?: SiteNoise | null;
}
/** Of an answer with noise: how large the noise is, and what the persons' budget at the site holds after it. */
export interface SiteNoise {
  mechanism: string;
  rho: number;
  standard_error: number;
  standard_error_cells: number;
  budget: { rho: number; spent: number; epsilon: number; delta: number };
}
export interface Answer {
  id: string;
  right: string;
  at: string;
  mode: string;
  distinct: boolean;
  persons: number | null;
  reason?: Reason;
  epoch: number | null;
  release?: string | null;
  repeated: boolean;
  definition: Both;
  definition_hash: string;
  sites: SiteAnswer[];
  failed?: { site: string; error: { what: Both; where?: string; hint?: Both } }[];
  meter?: { used: number; budget: number } | null;
  noise?: { rho: number; standard_error: number } | null;
}

export interface LogEntry {
  index: number;
  at: string | null;
  event: string;
  actor: string;
  fields: Record<string, unknown>;
  /** What the tree holds: SHA-256 of salt and event. */
  digest: string;
  erased: boolean;
  /** who and what are shown after signing in */
  fields_hidden: boolean;
}
export interface LogPage {
  size: number;
  entries: LogEntry[];
}
export interface Checkpoint {
  origin: string;
  size: number;
  root: string;
  note: string;
  key: string | null;
  witnesses: { site: string; size: number; same_tree: boolean | null }[];
}
/** As `naru audit prove` writes it. */
export interface Proof {
  index: number;
  entry: string;
  path: string[];
  origin: string;
  size: number;
  root: string;
  checkpoint: string;
}

export interface FoundConcept {
  concept_id: number;
  name: string;
  code: string;
  vocabulary: string;
  domain: string;
  class: string;
  standard: boolean;
  descendants: number;
}
/** Bands: a holder tells the lowest number of the band its count falls into; 0 is fewer than `fewer_than`. */
export interface Feasibility {
  definition: string;
  holders: {
    site: string;
    at_least?: number;
    fewer_than?: number;
    attrition?: { rule: string; at_least: number }[];
    refused?: { what: Both; hint: Both };
  }[];
  meter: { used: number; budget: number };
}

export interface DepositDraft {
  id: string;
  files: { name: string; bytes: number }[];
  dictionary: { name: string; rows: number; columns: { name: string; type: string; filled: number; values: number; identifying: boolean }[] }[];
  unreadable: { name: string; what: Both }[];
}
export interface DepositReceipt {
  id: string;
  version: string;
  accepted: boolean;
  findings: { kind: string; where: string; what: Both }[];
  citation: string;
}
export interface Reuse {
  reuse: { application: string; title: Both; organisation: string; purpose_code: string; ai_use: string; outcome: string; closed: boolean; submitted_at: string }[];
}
