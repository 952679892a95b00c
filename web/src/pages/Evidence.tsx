import { Anchor, Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { useEvidence } from '../api/hooks';
import type { Estimate, Evidence } from '../api/types';
import { decision, forest, square } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from '../parts/Chart';
import { Digest, Facts, Figure, Loaded, Page, Section } from '../parts/Pieces';
import { EstimateText } from './EvidenceList';

const pooledName = 'pooled';

function Forest({ evidence }: { evidence: Evidence }) {
  const w = useWords();
  const { t, number, decimal } = w;
  const pooled = evidence.pooled.auroc;
  const option = useMemo(
    () =>
      forest(
        w,
        [
          ...evidence.site_results.map((s) => ({ name: s.site, estimate: s.auroc.estimate, low: s.auroc.ci95?.[0] ?? null, high: s.auroc.ci95?.[1] ?? null, weight: s.n, pooled: false })),
          { name: t('evidence.pooled'), estimate: pooled.estimate, low: pooled.ci95?.[0] ?? null, high: pooled.ci95?.[1] ?? null, weight: null, pooled: true },
        ],
        t('evidence.auroc'),
      ),
    [evidence, w, t, pooled],
  );
  const words = [...evidence.site_results.map((s) => `${s.site} ${decimal(s.auroc.estimate)}`), `${t('evidence.pooled')} ${decimal(pooled.estimate)}`].join(', ');
  return (
    <Section title={t('evidence.forest')} lead={t('evidence.forest_lead')}>
      <Chart option={option} words={`${t('evidence.forest')}: ${words}`} height={90 + 46 * (evidence.site_results.length + 1)} />
      <table className="plain" data-testid="sites">
        <thead>
          <tr>
            <th scope="col">{t('evidence.site')}</th>
            <th scope="col" className="number">{t('evidence.n')}</th>
            <th scope="col" className="number">{t('evidence.events')}</th>
            <th scope="col">{t('evidence.auroc_ci')}</th>
          </tr>
        </thead>
        <tbody>
          {evidence.site_results.map((s) => (
            <tr key={s.site}>
              <th scope="row">{s.site}</th>
              <td className="number">{number(s.n)}</td>
              <td className="number">{number(s.events)}</td>
              <td>
                <EstimateText value={s.auroc} />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">{t('evidence.pooled')}</th>
            <td className="number">{number(evidence.n)}</td>
            <td className="number">{number(evidence.events)}</td>
            <td>
              <EstimateText value={pooled} />
            </td>
          </tr>
        </tbody>
      </table>
      {evidence.pooled.i2 != null && (
        <Text size="sm" mt="sm">
          {t('evidence.heterogeneity', { i2: w.percent(evidence.pooled.i2), tau2: decimal(evidence.pooled.tau2, 4) })}
        </Text>
      )}
    </Section>
  );
}

function Curves({ evidence }: { evidence: Evidence }) {
  const w = useWords();
  const { t } = w;
  const name = (site: string) => (site === pooledName ? t('evidence.pooled') : site);
  const roc = useMemo(
    () => square(w, evidence.roc.map((r) => ({ name: name(r.site), points: r.points })), t('evidence.one_minus_specificity'), t('evidence.sensitivity'), t('evidence.chance'), false),
    [evidence, w, t],
  );
  const most = Math.min(1, Math.max(0.1, ...evidence.calibration.flatMap((c) => c.points.flatMap((p) => [p.predicted, p.observed ?? 0]))) * 1.1);
  const calibration = useMemo(
    () =>
      square(w, evidence.calibration.map((c) => ({ name: name(c.site), points: c.points.map((p) => [p.predicted, p.observed]) })), t('evidence.predicted'), t('evidence.observed'), t('evidence.perfect'), true, Number(most.toPrecision(2))),
    [evidence, w, t, most],
  );
  const curve = useMemo(() => decision(w, evidence.decision), [evidence, w]);
  return (
    <>
      <div className="two">
        <Section title={t('evidence.roc')} lead={t('evidence.roc_lead')}>
          <Chart option={roc} words={t('evidence.roc_words')} height={380} />
        </Section>
        <Section title={t('evidence.calibration')} lead={t('evidence.calibration_lead')}>
          <Chart option={calibration} words={t('evidence.calibration_words')} height={380} />
        </Section>
      </div>
      <Section title={t('evidence.calibration_figures')}>
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{t('evidence.site')}</th>
              <th scope="col">{t('evidence.slope')}</th>
              <th scope="col">{t('evidence.citl')}</th>
              <th scope="col">{t('evidence.o_e')}</th>
            </tr>
          </thead>
          <tbody>
            {evidence.calibration.map((c) => (
              <tr key={c.site}>
                <th scope="row">{name(c.site)}</th>
                <td>
                  <EstimateText value={c.slope} digits={2} />
                </td>
                <td>
                  <EstimateText value={c.citl} digits={2} />
                </td>
                <td>
                  <EstimateText value={c.o_e} digits={2} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      {evidence.decision.length > 0 && (
        <Section title={t('evidence.decision')} lead={t('evidence.decision_lead')}>
          <Chart option={curve} words={t('evidence.decision_words')} height={340} />
        </Section>
      )}
    </>
  );
}

function Thresholds({ evidence }: { evidence: Evidence }) {
  const { t, percent } = useWords();
  return (
    <Section title={t('evidence.thresholds')} lead={t('evidence.thresholds_lead')}>
      <table className="plain" data-testid="thresholds">
        <thead>
          <tr>
            <th scope="col" className="number">{t('evidence.threshold')}</th>
            <th scope="col">{t('evidence.sensitivity')}</th>
            <th scope="col">{t('evidence.specificity')}</th>
            <th scope="col">{t('evidence.ppv')}</th>
            <th scope="col">{t('evidence.npv')}</th>
            <th scope="col">{t('evidence.net_benefit')}</th>
          </tr>
        </thead>
        <tbody>
          {evidence.thresholds.map((row) => (
            <tr key={row.threshold}>
              <th scope="row" className="number">
                {percent(row.threshold)}
              </th>
              {[row.sensitivity, row.specificity, row.ppv, row.npv].map((value, i) => (
                <td key={i}>
                  <EstimateText value={value} />
                </td>
              ))}
              <td>
                <EstimateText value={row.net_benefit} digits={4} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Subgroups({ evidence }: { evidence: Evidence }) {
  const { t, code, number } = useWords();
  const groups = [...new Set(evidence.subgroups.map((s) => s.group))];
  const [group, setGroup] = useState(groups[0] ?? '');
  if (groups.length === 0) return null;
  return (
    <Section title={t('evidence.subgroups')} lead={t('evidence.subgroups_lead')}>
      {groups.length > 1 && <SegmentedControl mb="sm" aria-label={t('evidence.subgroups')} value={group} onChange={setGroup} data={groups.map((g) => ({ value: g, label: code('subgroup', g) }))} />}
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{code('subgroup', group)}</th>
            <th scope="col" className="number">{t('evidence.n')}</th>
            <th scope="col" className="number">{t('evidence.events')}</th>
            <th scope="col">{t('evidence.auroc_ci')}</th>
          </tr>
        </thead>
        <tbody>
          {evidence.subgroups.filter((s) => s.group === group).map((s) => (
            <tr key={s.level}>
              <th scope="row">{code('level', s.level)}</th>
              <td className="number">{number(s.n)}</td>
              <td className="number">{number(s.events)}</td>
              <td>
                <EstimateText value={s.auroc} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Seal({ evidence }: { evidence: Evidence }) {
  const { t, date, number } = useWords();
  const base = `/api/v1/evidence/${encodeURIComponent(evidence.id)}`;
  return (
    <Section title={t('evidence.seal')} lead={t('evidence.seal_lead')}>
      <Facts
        items={[
          { name: t('evidence.sealed_at'), value: date(evidence.sealed_at) },
          { name: t('evidence.locked_at'), value: date(evidence.locked_at) },
          { name: t('evidence.plan_hash'), value: <Digest value={evidence.plan_hash} /> },
          { name: t('evidence.solution_hash'), value: <Digest value={evidence.solution_hash} /> },
          { name: t('evidence.digest'), value: <Digest value={evidence.digest} /> },
          { name: t('evidence.key'), value: <Digest value={evidence.key} /> },
          { name: t('home.epoch'), value: number(evidence.epoch) },
        ]}
      />
      <Group mt="lg" className="no-print">
        <Button component="a" href={`${base}/file`} download={`${evidence.id}.evidence.json`}>
          {t('evidence.download')}
        </Button>
        <Button component="a" href={`${base}/html`} variant="default" target="_blank" rel="noreferrer">
          {t('evidence.html')}
        </Button>
      </Group>
      <Text size="sm" mt="lg" mb={4}>
        {t('evidence.verify_how')}{' '}
        <Anchor href="/api/v1/trust" download="trust.json">
          {t('evidence.trust_file')}
        </Anchor>
      </Text>
      <pre className="file">{`naru evidence verify ${evidence.id}.evidence.json --trust trust.json`}</pre>
    </Section>
  );
}

function Headline({ value }: { value: Estimate }) {
  const { decimal } = useWords();
  const [low, high] = value.ci95 ?? [null, null];
  if (value.estimate == null || low == null || high == null) return <EstimateText value={value} />;
  return (
    <>
      {decimal(value.estimate)} <Text span fz="md" fw={500} c="dark.6" style={{ whiteSpace: 'nowrap' }}>{`${decimal(low)}–${decimal(high)}`}</Text>
    </>
  );
}

export function EvidencePage() {
  const { id = '' } = useParams();
  const { t, both, number } = useWords();
  const query = useEvidence(id);
  return (
    <Page title={both(query.data?.title) || id} back={{ to: '/evidence', label: t('nav.evidence') }} lead={both(query.data?.intended_use)}>
      <Loaded query={query}>
        {(evidence) => (
          <>
            <div className="card figures" data-testid="headline">
              <Figure name={t('evidence.auroc_pooled')} value={<Headline value={evidence.pooled.auroc} />} note={t('evidence.auroc_note')} />
              <Figure name={t('evidence.n')} value={number(evidence.n)} note={t('evidence.sites_n', { n: number(evidence.site_results.length) })} />
              <Figure name={t('evidence.events')} value={number(evidence.events)} />
              <Figure name={t('evidence.horizon')} value={evidence.horizon_days == null ? t('common.none') : t('evidence.days', { n: number(evidence.horizon_days) })} />
              <Figure name={t('evidence.solution')} value={<Text span fz="md" fw={650}>{evidence.solution}</Text>} />
            </div>
            <Forest evidence={evidence} />
            <Curves evidence={evidence} />
            <Thresholds evidence={evidence} />
            <Subgroups evidence={evidence} />
            <Seal evidence={evidence} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
