import { Accordion, Alert, Button, Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { useDataset, useReuse, useSession, useTerms } from '../api/hooks';
import type { Dataset, Risk } from '../api/types';
import { bars } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from '../parts/Chart';
import { CharacterisationSection, QualitySummary } from '../parts/People';
import { RiskBoard } from '../parts/RiskBoard';
import { Chips, Digest, Empty, Facts, Figure, Loaded, Page, Section, State } from '../parts/Pieces';

function Terms({ dataset }: { dataset: Dataset }) {
  const { t, both, code } = useWords();
  const terms = useTerms();
  const duo = dataset.duo.map((term) => {
    const label = both(terms.data?.terms[term]);
    return label ? `${label} (${term})` : term;
  });
  return (
    <Section title={t('dataset.terms')} lead={t('dataset.terms_lead')}>
      <Facts
        items={[
          { name: t('dataset.legal_basis'), value: code('legal', dataset.legal_basis) },
          { name: t('dataset.duo'), value: duo.length ? <ul style={{ margin: 0, paddingLeft: 18 }}>{duo.map((d) => <li key={d}>{d}</li>)}</ul> : t('dataset.duo_none') },
          { name: t('dataset.ai'), value: dataset.ai_terms.length ? dataset.ai_terms.map((term) => code('ai', term)).join(', ') : t('dataset.ai_none') },
          { name: t('dataset.who_sees'), value: t(`dataset.tier_${dataset.tier}`, { defaultValue: dataset.tier }) },
        ]}
      />
    </Section>
  );
}

/** Class sizes grow quickly: bounds 2, 5, 10, 20, 50, 100 … keep the picture readable. */
const bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

function RiskSection({ risk }: { risk: Risk }) {
  const w = useWords();
  const { t, number, percent } = w;
  const groups = useMemo(() => {
    const sizes = risk.class_sizes ?? [];
    return bounds
      .map((from, i) => {
        const next = bounds[i + 1];
        const name = next === undefined ? t('dataset.from_on', { n: number(from) }) : next - 1 === from ? number(from) : `${number(from)}–${number(next - 1)}`;
        const classes = sizes.filter((c) => c.size >= from && (next === undefined || c.size < next)).reduce((sum, c) => sum + c.classes, 0);
        return { name, value: classes };
      })
      .filter((_, i, all) => all.slice(0, i + 1).some((g) => g.value > 0) && all.slice(i).some((g) => g.value > 0));
  }, [risk, t, number]);
  const option = useMemo(() => bars(w, groups, t('dataset.classes')), [groups, w, t]);
  return (
    <Section title={t('dataset.risk')} lead={t('dataset.risk_lead')}>
      <div className="figures" style={{ marginBottom: 16 }}>
        <Figure name={t('dataset.smallest_class')} value={number(risk.k)} note={risk.k_required != null ? t('dataset.k_required', { k: number(risk.k_required) }) : undefined} />
        <Figure name={t('dataset.unique_share')} value={risk.unique_share === 0 && risk.k === 1 ? t('risk.under', { share: percent(0.005) }) : percent(risk.unique_share)} />
        <Figure name={t('dataset.highest_risk')} value={percent(risk.prosecutor)} note={t('dataset.highest_risk_note')} />
        <Figure name={t('dataset.average_risk')} value={percent(risk.marketer)} note={t('dataset.average_risk_note')} />
      </div>
      {(risk.quasi_identifiers?.length ?? 0) > 0 && (
        <Text size="sm" mb="sm">
          {t('dataset.quasi')}: {risk.quasi_identifiers?.map((q) => w.code('quasi', q)).join(', ')}
        </Text>
      )}
      {groups.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {t('dataset.class_chart')}
          </Text>
          <Chart option={option} words={`${t('dataset.class_chart')}: ${groups.map((g) => `${g.name} ${number(g.value)}`).join(', ')}`} height={260} />
        </>
      )}
    </Section>
  );
}

function Tables({ dataset }: { dataset: Dataset }) {
  const { t, both, code, number, percent } = useWords();
  if ((dataset.tables ?? []).every((table) => table.columns.length === 0))
    return (
      <Section title={t('dataset.tables')}>
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{t('dataset.table')}</th>
              <th scope="col" className="number">{t('catalogue.records')}</th>
            </tr>
          </thead>
          <tbody>
            {(dataset.tables ?? []).map((table) => (
              <tr key={table.name}>
                <th scope="row">
                  {code('table', table.name)} <Text span size="sm" c="dark.6">{table.name}</Text>
                </th>
                <td className="number">{number(table.records)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    );
  return (
    <Section title={t('dataset.tables')}>
      <Accordion variant="separated" multiple>
        {(dataset.tables ?? []).map((table) => (
          <Accordion.Item key={table.name} value={table.name}>
            <Accordion.Control>
              <Group justify="space-between" pr="sm">
                <Text fw={600}>
                  {code('table', table.name)}{' '}
                  <Text span size="sm" c="dark.6">
                    {table.name}
                  </Text>
                </Text>
                <Text size="sm" c="dark.6" className="digits">
                  {table.records == null ? t('dataset.columns_n', { n: number(table.columns.length) }) : t('dataset.rows_columns', { rows: number(table.records), n: number(table.columns.length) })}
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <div className="scroll">
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">{t('dataset.column')}</th>
                    <th scope="col">{t('dataset.type')}</th>
                    <th scope="col">{t('dataset.meaning')}</th>
                    <th scope="col">{t('dataset.code_system')}</th>
                    <th scope="col" className="number">{t('dataset.filled')}</th>
                    <th scope="col" className="number">{t('dataset.mapped')}</th>
                    <th scope="col" className="number">{t('dataset.mapped_codes')}</th>
                  </tr>
                </thead>
                <tbody>
                  {table.columns.map((column) => (
                    <tr key={column.name}>
                      <th scope="row">{column.name}</th>
                      <td>{column.type}</td>
                      <td>{both(column.meaning)}</td>
                      <td>{column.code_system}</td>
                      <td className="number">{percent(column.filled)}</td>
                      <td className="number">{percent(column.mapped)}</td>
                      <td className="number">{percent(column.mapped_codes)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              </div>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Section>
  );
}

function Provenance({ dataset }: { dataset: Dataset }) {
  const { t, both, code, date } = useWords();
  const { data: session } = useSession();
  const account = session?.account;
  const mine = account != null && (account.organisation === dataset.holder || account.roles.some((r) => r === 'secretariat' || r === 'auditor'));
  const reuse = useReuse(dataset.id, mine && dataset.kind === 'deposit');
  const path = `/api/v1/catalogue/${encodeURIComponent(dataset.id)}/dcat`;
  return (
    <Section title={t('dataset.provenance')}>
      <Facts
        items={[
          ...(dataset.programme ? [{ name: t('deposit.programme'), value: dataset.programme }] : []),
          ...(dataset.grant_number ? [{ name: t('deposit.grant'), value: dataset.grant_number }] : []),
          ...(dataset.version ? [{ name: t('deposit.version'), value: dataset.version }] : []),
          ...(dataset.citation ? [{ name: t('deposit.citation'), value: dataset.citation }] : []),
          {
            name: t('dataset.elsewhere'),
            value: (
              <Group gap="sm">
                <a href={path}>{t('dataset.catalogues_dcat_jsonld')}</a>
                <a href={`${path}?format=turtle`}>{t('dataset.catalogues_turtle')}</a>
                <a href={`${path}?format=schema`}>{t('dataset.catalogues_schema')}</a>
              </Group>
            ),
          },
        ]}
      />
      {reuse.data && (
        <table className="plain" data-testid="reuse">
          <caption>{t('dataset.reuse')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('dataset.reuse_what')}</th>
              <th scope="col">{t('dataset.reuse_who')}</th>
              <th scope="col">{t('dataset.reuse_when')}</th>
              <th scope="col">{t('dataset.verdict')}</th>
            </tr>
          </thead>
          <tbody>
            {reuse.data.reuse.map((one) => (
              <tr key={one.application}>
                <th scope="row">{both(one.title)}</th>
                <td>{one.organisation}</td>
                <td>{date(one.submitted_at)}</td>
                <td>{code('outcome', one.outcome || 'open')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

export function DatasetPage() {
  const { id = '' } = useParams();
  const { t, both, keywords, number, date } = useWords();
  const query = useDataset(id);
  const { data: session } = useSession();
  const withheld = t(query.data?.sight === 'summary' ? (session?.account ? 'dataset.vetted_only' : 'dataset.sign_in_first') : 'dataset.not_released');
  const title = both(query.data?.title) || id;
  return (
    <Page title={title} back={{ to: '/catalogue', label: t('nav.catalogue') }} lead={both(query.data?.description)}>
      <Loaded query={query}>
        {(dataset) => (
          <>
            {!dataset.usable && (
              <Alert color="orange" title={t('dataset.embargo_title')} data-testid="embargo">
                {t('dataset.embargo_text', { date: date(dataset.usable_from ?? dataset.embargo_until), holder: dataset.holder })}
              </Alert>
            )}
            <div className="card">
              <Group justify="space-between" align="flex-start">
                <div className="figures" style={{ flex: '1 1 280px' }}>
                  <Figure name={t('catalogue.persons')} value={number(dataset.persons)} strong note={dataset.persons == null ? withheld : t('dataset.after_rules')} />
                  <Figure name={t('catalogue.records')} value={number(dataset.records)} strong note={dataset.records == null ? withheld : undefined} />
                  <Figure name={t('catalogue.holder')} value={dataset.holder} />
                  {dataset.kind === 'release' && <Figure name={t('catalogue.phase')} value={t('catalogue.phase_n', { n: number(dataset.phase) })} note={t('dataset.phase_note')} />}
                </div>
                {dataset.usable && dataset.kind !== 'solution' && (
                  <Button component={Link} to={`/applications/new?dataset=${encodeURIComponent(dataset.id)}`}>
                    {t('dataset.apply')}
                  </Button>
                )}
              </Group>
              <Group gap="xs" mt="md">
                <State group="kind" value={dataset.kind} />
                <State group="tier" value={dataset.tier} />
                <Chips values={keywords(dataset.keywords)} />
              </Group>
            </div>
            <Terms dataset={dataset} />
            <Provenance dataset={dataset} />
            {dataset.sight === 'summary' && <Alert color="river">{t('dataset.summary_only')}</Alert>}
            {dataset.risk && Object.keys(dataset.risk).length > 0 && <RiskSection risk={dataset.risk} />}
            {dataset.risk && <RiskBoard risk={dataset.risk} />}
            {dataset.characterisation?.age_sex && <CharacterisationSection found={dataset.characterisation} />}
            {dataset.quality?.checks && dataset.quality.checks.length > 0 && <QualitySummary dataset={dataset} quality={dataset.quality} />}
            {dataset.tables && (dataset.tables.length ? <Tables dataset={dataset} /> : <Empty>{t('dataset.no_tables')}</Empty>)}
            {dataset.manifest && (
              <Section title={t('dataset.manifest')} lead={t('dataset.manifest_lead')}>
                <Facts
                  items={[
                    { name: t('dataset.manifest_digest'), value: <Digest value={dataset.manifest.digest} /> },
                    { name: t('dataset.signed_by'), value: dataset.manifest.signed_by ?? t('common.none') },
                    { name: t('dataset.parent'), value: dataset.manifest.parent ?? t('dataset.first') },
                    { name: t('home.epoch'), value: number(dataset.manifest.epoch) },
                    { name: t('dataset.code_systems'), value: <Chips values={dataset.code_systems ?? []} /> },
                  ]}
                />
                <Text size="sm" mt="md" mb={4}>
                  {t('dataset.verify_yourself')}
                </Text>
                <pre className="file">{`naru release verify ${dataset.id} --key KEY`}</pre>
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
