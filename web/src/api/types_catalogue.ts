/** The catalogue as the authority answers it. */
import type { Both } from '../lib/words';
import type { AttackerRisk, AttackFigure } from './types';

export type Sight = 'summary' | 'full';
export interface DatasetCard {
  id: string;
  title: Both;
  holder: string;
  kind: string;
  tier: string;
  phase: number;
  persons: number | null;
  records: number | null;
  keywords: string[];
  embargo_until: string | null;
  usable: boolean;
  sight: Sight;
  /** "table.column" whose name or meaning carries a word that was looked for */
  variables?: string[];
}
export interface Catalogue {
  count: number;
  datasets: DatasetCard[];
  facets: Partial<Record<'kind' | 'tier' | 'holder' | 'legal_basis' | 'code_system' | 'ai_term', Record<string, number>>>;
}
export interface Dataset extends Omit<DatasetCard, 'keywords'> {
  description: Both;
  keywords?: string[];
  tables?: { name: string; records: number | null; columns: { name: string; type: string; meaning?: Both; code_system?: string; filled?: number; mapped?: number; mapped_codes?: number }[] }[];
  code_systems?: string[];
  legal_basis: string;
  version?: string;
  programme?: string;
  grant_number?: string;
  citation?: string;
  duo: string[];
  ai_terms: string[];
  usable_from?: string | null;
  updated_at?: string;
  quality?: Quality | null;
  characterisation?: Characterisation | null;
  risk?: Risk | null;
  manifest?: { digest: string; signed_by: string | null; parent: string | null; epoch: number | null } | null;
}
export interface QualityCheck {
  id: string;
  category?: string;
  title?: Both;
  checked?: number | null;
  /** null: not told, because it is small */
  failed?: number | null;
  share?: number | null;
  at_most?: number;
  ok?: boolean;
}
export interface Quality {
  checks?: QualityCheck[];
  passed?: number;
  failed?: number;
  not_applicable?: number;
  at?: string | null;
  [key: string]: unknown;
}
/** A figure that was not released is null, with its reason. */
export interface Withheld {
  persons: number | null;
  reason?: string;
}
export interface Coverage {
  codes: number | null;
  codes_mapped: number | null;
  records: number | null;
  records_mapped: number | null;
}
export interface Characterisation {
  persons?: number | null;
  age_sex?: (Withheld & { sex: string; age: string | null })[];
  observation_years?: (Withheld & { years: string | null })[];
  concepts?: Record<string, { concept_id: number; name: string | null; persons: number }[]>;
  coverage?: { tables: Record<string, Coverage>; vocabularies: Record<string, Coverage> };
  min_cell?: number;
  round_to?: number;
  at?: string;
}
export interface Risk {
  persons?: number | null;
  k?: number | null;
  k_required?: number | null;
  classes?: number | null;
  unique?: number | null;
  unique_share?: number | null;
  prosecutor?: number | null;
  marketer?: number | null;
  quasi_identifiers?: string[];
  class_sizes?: { size: number; classes: number }[];
  attackers?: AttackerRisk[];
  attack?: { advantage_max?: number; within?: boolean; attacks: AttackFigure[] | null } | null;
  policy?: string;
  demonstration?: boolean;
  impact_assessment_due?: boolean;
}
