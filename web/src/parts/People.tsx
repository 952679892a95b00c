import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Characterisation, Coverage, Dataset, Quality } from '../api/types';
import { bars } from '../charts/options';
import { pyramid, shares } from '../charts/people';
import { useWords } from '../lib/words';
import { Chart } from './Chart';
import { Figure, Section } from './Pieces';

function AgeSex({ rows }: { rows: NonNullable<Characterisation['age_sex']> }) {
  const w = useWords();
  const { t, number } = w;
  const bands = [...new Set(rows.map((r) => r.age))].filter((age): age is string => age !== null);
  const of = (sex: string, age: string) => rows.find((r) => r.sex === sex && r.age === age)?.persons ?? null;
  const women = bands.map((age) => of('female', age));
  const men = bands.map((age) => of('male', age));
  const said = (n: number | null) => (n == null ? t('answer.withheld') : number(n));
  const option = useMemo(() => pyramid(w, bands, women, men, [t('cohort.sex_female'), t('cohort.sex_male')], t('catalogue.persons')), [rows, w]);
  return (
    <div>
      <Text size="sm" fw={600}>
        {t('people.age_sex')}
      </Text>
      <Chart option={option} height={330} words={`${t('people.age_sex')}: ${bands.map((age, i) => `${age} ${t('cohort.sex_female')} ${said(women[i] ?? null)}, ${t('cohort.sex_male')} ${said(men[i] ?? null)}`).join('; ')}`} />
    </div>
  );
}

function Observation({ rows }: { rows: NonNullable<Characterisation['observation_years']> }) {
  const w = useWords();
  const { t, number } = w;
  const shown = rows.map((r) => ({ name: r.years === null ? t('people.unknown') : t('people.years', { n: r.years }), value: r.persons }));
  const option = useMemo(() => bars(w, shown, t('catalogue.persons')), [rows, w]);
  return (
    <div>
      <Text size="sm" fw={600}>
        {t('people.observation')}
      </Text>
      <Chart option={option} height={330} words={`${t('people.observation')}: ${shown.map((r) => `${r.name} ${r.value == null ? t('answer.withheld') : number(r.value)}`).join(', ')}`} />
    </div>
  );
}

/** The most frequent concepts of each table of events. */
function Concepts({ concepts }: { concepts: NonNullable<Characterisation['concepts']> }) {
  const { t, code, number } = useWords();
  return (
    <div className="concept-lists">
      {Object.entries(concepts).map(([table, list]) => {
        const most = Math.max(...list.map((c) => c.persons));
        return (
          <table className="plain" key={table} data-testid="top-concepts">
            <caption>{t('people.top_of', { table: code('table', table) })}</caption>
            <thead>
              <tr>
                <th scope="col">{t('cohort.concept')}</th>
                <th scope="col" className="number">{t('catalogue.persons')}</th>
              </tr>
            </thead>
            <tbody>
              {list.map((c) => (
                <tr key={c.concept_id}>
                  <th scope="row">
                    {c.name ?? c.concept_id}
                    <span className="share-bar" style={{ width: `${(100 * c.persons) / most}%` }} aria-hidden />
                  </th>
                  <td className="number">{number(c.persons)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </div>
  );
}

/** Who and what a data set holds, as far as the output rules let it be told. */
export function CharacterisationSection({ found }: { found: Characterisation }) {
  const { t, number, date } = useWords();
  const concepts = found.concepts ?? {};
  return (
    <Section title={t('people.title')} lead={t('people.lead', { min: number(found.min_cell), round: number(found.round_to), date: date(found.at) })}>
      <div className="two" data-testid="characterisation">
        {(found.age_sex?.length ?? 0) > 0 && <AgeSex rows={found.age_sex ?? []} />}
        {(found.observation_years?.length ?? 0) > 0 && <Observation rows={found.observation_years ?? []} />}
      </div>
      {Object.keys(concepts).length > 0 ? <Concepts concepts={concepts} /> : <Text size="sm" c="dark.6">{t('people.no_concepts')}</Text>}
    </Section>
  );
}

export function CoverageSection({ title, lead, group, rows }: { title: string; lead: string; group?: string; rows: Record<string, Coverage> }) {
  const w = useWords();
  const { t, code, number, percent } = w;
  const named = Object.entries(rows).map(([id, one]) => ({ id, name: group ? code(group, id) : id, ...one }));
  const option = useMemo(() => shares(w, named.map((r) => ({ name: r.name, records: r.records_mapped, codes: r.codes_mapped })), [t('people.by_records'), t('people.by_codes')]), [rows, w]);
  return (
    <Section title={title} lead={lead}>
      <Chart option={option} height={80 + 42 * named.length} words={`${title}: ${named.map((r) => `${r.name} ${percent(r.records_mapped)}, ${percent(r.codes_mapped)}`).join('; ')}`} />
      <div className="scroll">
        <table className="plain" data-testid="coverage">
          <thead>
            <tr>
              <th scope="col">{group ? t('dataset.table') : t('dataset.code_system')}</th>
              <th scope="col" className="number">{t('people.codes')}</th>
              <th scope="col" className="number">{t('people.by_codes')}</th>
              <th scope="col" className="number">{t('catalogue.records')}</th>
              <th scope="col" className="number">{t('people.by_records')}</th>
            </tr>
          </thead>
          <tbody>
            {named.map((r) => (
              <tr key={r.id}>
                <th scope="row">{r.name}</th>
                <td className="number">{r.codes == null ? t('answer.withheld') : number(r.codes)}</td>
                <td className="number">{percent(r.codes_mapped)}</td>
                <td className="number">{r.records == null ? t('answer.withheld') : number(r.records)}</td>
                <td className="number">{percent(r.records_mapped)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** On the data set's page: how its checks came out, with the way to all of them. */
export function QualitySummary({ dataset, quality }: { dataset: Dataset; quality: Quality }) {
  const { t, number, date } = useWords();
  const checks = quality.checks ?? [];
  const failed = quality.failed ?? checks.filter((c) => c.ok === false).length;
  return (
    <Section title={t('dataset.quality')} lead={t('dataset.quality_lead')} aside={<Link to={`/catalogue/${encodeURIComponent(dataset.id)}/quality`}>{t('people.all_checks')}</Link>}>
      <div className="figures" data-testid="quality">
        <Figure name={t('people.passed')} value={number(quality.passed ?? checks.length - failed)} />
        <Figure name={t('people.failed')} value={number(failed)} />
        <Figure name={t('people.not_applicable')} value={number(quality.not_applicable)} note={quality.at ? t('people.checked_on', { date: date(quality.at) }) : undefined} />
      </div>
    </Section>
  );
}
