import { Alert, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { useDataset } from '../api/hooks';
import type { QualityCheck } from '../api/types';
import { stacked } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from '../parts/Chart';
import { CoverageSection } from '../parts/People';
import { Empty, Figure, Loaded, Page, Section, State } from '../parts/Pieces';

const categories = ['conformance', 'completeness', 'plausibility'];

function Overview({ checks }: { checks: QualityCheck[] }) {
  const w = useWords();
  const { t, code, number } = w;
  const count = (category: string, ok: boolean) => checks.filter((c) => c.category === category && (c.ok !== false) === ok).length;
  const there = categories.filter((c) => checks.some((check) => check.category === c));
  const option = useMemo(
    () => stacked(w, there.map((c) => code('quality_category', c)), [{ name: t('people.passed'), values: there.map((c) => count(c, true)) }, { name: t('people.failed'), values: there.map((c) => count(c, false)) }], t('people.checks')),
    [checks, w],
  );
  return <Chart option={option} height={260} words={there.map((c) => `${code('quality_category', c)}: ${t('people.passed')} ${number(count(c, true))}, ${t('people.failed')} ${number(count(c, false))}`).join('; ')} />;
}

function Checks({ checks }: { checks: QualityCheck[] }) {
  const { t, both, code, number, percent } = useWords();
  const failed = checks.filter((c) => c.ok === false);
  const [shown, setShown] = useState(failed.length > 0 ? 'attention' : 'all');
  const list = shown === 'attention' ? failed : checks;
  return (
    <Section
      title={t('people.checks')}
      lead={t('people.checks_lead')}
      aside={<SegmentedControl size="xs" value={shown} onChange={setShown} data={[{ value: 'attention', label: t('people.only_failed', { n: number(failed.length) }) }, { value: 'all', label: t('people.show_all', { n: number(checks.length) }) }]} />}
    >
      {list.length === 0 ? (
        <Empty>{t('people.none_failed')}</Empty>
      ) : (
        <div className="scroll">
          <table className="plain" data-testid="checks">
            <thead>
              <tr>
                <th scope="col">{t('dataset.check')}</th>
                <th scope="col">{t('people.category')}</th>
                <th scope="col" className="number">{t('dataset.checked')}</th>
                <th scope="col" className="number">{t('dataset.failed')}</th>
                <th scope="col" className="number">{t('people.allowed')}</th>
                <th scope="col">{t('dataset.verdict')}</th>
              </tr>
            </thead>
            <tbody>
              {list.map((check) => (
                <tr key={check.id}>
                  <th scope="row">{both(check.title) || check.id}</th>
                  <td>{code('quality_category', check.category)}</td>
                  <td className="number">{number(check.checked)}</td>
                  <td className="number">{check.failed == null ? t('answer.withheld') : check.share != null && check.failed > 0 ? `${number(check.failed)} (${percent(check.share)})` : number(check.failed)}</td>
                  <td className="number">{percent(check.at_most)}</td>
                  <td>
                    <State group="verdict" value={check.ok === false ? 'attention' : 'ok'} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

/** Everything that was checked of a data set, and how much of its codes is understood. */
export function QualityPage() {
  const { id = '' } = useParams();
  const { t, both, number, date } = useWords();
  const query = useDataset(id);
  const name = both(query.data?.title) || id;
  return (
    <Page title={t('people.quality_of', { name })} back={{ to: `/catalogue/${encodeURIComponent(id)}`, label: name }} lead={t('people.quality_lead')}>
      <Loaded query={query}>
        {(dataset) => {
          const checks = dataset.quality?.checks ?? [];
          const coverage = dataset.characterisation?.coverage;
          const failed = checks.filter((c) => c.ok === false).length;
          return (
            <>
              {dataset.sight === 'summary' && <Alert color="river">{t('dataset.summary_only')}</Alert>}
              {dataset.sight === 'summary' ? null : checks.length === 0 ? (
                <div className="card">
                  <Empty>{t('people.no_quality')}</Empty>
                </div>
              ) : (
                <>
                  <div className="card">
                    <div className="figures">
                      <Figure name={t('people.passed')} value={number(checks.length - failed)} strong />
                      <Figure name={t('people.failed')} value={number(failed)} strong />
                      <Figure name={t('people.not_applicable')} value={number(dataset.quality?.not_applicable)} strong />
                    </div>
                    {dataset.quality?.at && (
                      <Text size="sm" c="dark.6" mt="sm">
                        {t('people.checked_on', { date: date(dataset.quality.at) })}
                      </Text>
                    )}
                    <Overview checks={checks} />
                  </div>
                  <Checks checks={checks} />
                </>
              )}
              {coverage && Object.keys(coverage.tables).length > 0 && <CoverageSection title={t('people.coverage_tables')} lead={t('people.coverage_lead')} group="table" rows={coverage.tables} />}
              {coverage && Object.keys(coverage.vocabularies).length > 0 && <CoverageSection title={t('people.coverage_systems')} lead={t('people.coverage_lead')} rows={coverage.vocabularies} />}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
