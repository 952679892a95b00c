/** Sealed evidence and demonstration projects as the authority answers them. */
import type { Both } from '../lib/words';

/** An estimate with its interval; undefined ones carry the code of their reason. */
export interface Estimate {
  estimate: number | null;
  se?: number | null;
  ci95?: [number | null, number | null] | null;
  method?: string;
  reason?: string;
}
export interface EvidenceCard {
  id: string;
  title: Both;
  solution: string;
  sealed_at: string;
  sites: string[];
  auroc: Estimate | null;
}
export interface Calibration {
  slope: Estimate;
  citl: Estimate;
  o_e: Estimate;
  ici?: Estimate;
}
/** Figures of one site or of all persons together, after the output rules. */
export interface Figures {
  persons: number | null;
  events: number | null;
  auroc: Estimate;
  brier?: Estimate;
  calibration?: Calibration;
  thresholds?: { threshold: number; sensitivity: Estimate; specificity: Estimate; ppv: Estimate; npv: Estimate; net_benefit: Estimate }[];
  subgroups?: { group: string; value: string; persons: number | null; events: number | null; auroc: Estimate }[];
}
export interface Report {
  id: string;
  created_at: string;
  locked_at: string;
  mode: string;
  right: string;
  plan: { id: string; version: number; title: Both; intended_use: Both; horizon_days: number };
  plan_hash: string;
  digests: { solution: string; target: string; outcome: string };
  solution: { id: string; version: string | number };
  rules: { min_cell: number; round_to: number };
  study_rules: Both[];
  sites: (Figures & { site: string; epoch: number })[];
  across_sites: { auroc: Estimate & { i2?: number | null; tau2?: number | null }; o_e: Estimate };
  pooled: Figures & {
    roc?: { threshold: number; sensitivity: number; specificity: number }[];
    calibration_groups?: { predicted: number; observed: Estimate; persons: number | null }[];
    decision_curve?: { threshold: number; net_benefit: Estimate; treat_all: Estimate }[];
    flow?: { step: string; persons: number | null }[];
    follow_up?: { steps: { day: number; events: number; at_risk: number; event_free: number }[]; notes: Both[] };
  };
  reasons: Record<string, Both>;
}
export interface Evidence {
  id: string;
  sealed_at: string;
  signer: string;
  digest: string;
  key: string;
  report: Report;
}
export interface DemonstrationFigure {
  estimate: number | null;
  lo: number | null;
  hi: number | null;
}
export interface WatchedPeriod {
  period: string;
  site: string;
  persons: number;
  psi: number | null;
  psi_interval: [number, number] | null;
  o_e: DemonstrationFigure;
  within: boolean;
}
export interface DemonstrationProject {
  id: string;
  title: Both;
  organisation: string;
  solution: { id: string; version: string };
  sites: string[];
  plan: { hash: string; version: number } | null;
  stage: string;
  due: { reason: string; since: string } | null;
  evidence: { id: string; auroc: DemonstrationFigure; o_e: DemonstrationFigure; sites: number; at: string } | null;
  approvals: { kind: string; reference: string; site: string }[];
  uses: number;
  overrides: number;
  errors: number;
  safety: number;
  safety_serious: number;
  watch: WatchedPeriod[];
  decision: { decision: string; reason: string; evidence: string; at: string } | null;
  history: { type: string; at: string; actor: string; note: string }[];
}
export interface Demonstration {
  programme: { id: string; title: Both; source: string; places: number; watch: { psi_max: number; o_e_min: number; o_e_max: number; persons_min: number } };
  stages: Record<string, number>;
  decisions: Record<string, number>;
  due: number;
  projects: DemonstrationProject[];
}
export interface DemonstrationCard {
  id: string;
  title: Both;
  places: number;
  projects: number;
}
