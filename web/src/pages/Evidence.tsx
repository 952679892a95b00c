import { Anchor, Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { useEvidence } from '../api/hooks';
import type { Calibration, Estimate, Evidence, Figures, Report } from '../api/types';
import { decision, forest, square } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from '../parts/Chart';
import { EstimateText, Withheld } from '../parts/EstimateText';
import { Digest, Empty, Facts, Figure, Loaded, Page, Section } from '../parts/Pieces';

function Forest({ report }: { report: Report }) {
  const w = useWords();
  const { t, number, decimal, both } = w;
  const rows = useMemo(
    () => [
      ...report.sites.map((s) => ({ name: s.site, figures: s as Figures, auroc: s.auroc, pooled: false })),
      { name: t('evidence.mean_of_sites'), figures: null, auroc: report.across_sites.auroc as Estimate, pooled: true },
      { name: t('evidence.all_persons'), figures: report.pooled as Figures, auroc: report.pooled.auroc, pooled: true },
    ],
    [report, t],
  );
  const option = useMemo(
    () =>
      forest(
        w,
        rows.map((r) => ({
          name: r.name, estimate: r.auroc.estimate, low: r.auroc.ci95?.[0] ?? null, high: r.auroc.ci95?.[1] ?? null,
          weight: r.figures?.persons ?? null, pooled: r.pooled, note: r.auroc.estimate == null ? both(report.reasons[r.auroc.reason ?? '']) : '',
        })),
        t('evidence.auroc'),
      ),
    [rows, report, w, t, both],
  );
  const across = report.across_sites.auroc;
  return (
    <Section title={t('evidence.forest')} lead={t('evidence.forest_lead')}>
      <Chart option={option} words={`${t('evidence.forest')}: ${rows.map((r) => `${r.name} ${decimal(r.auroc.estimate)}`).join(', ')}`} height={90 + 44 * rows.length} />
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
          {rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">{r.name}</th>
              <td className="number">{r.figures ? (r.figures.persons == null ? t('answer.withheld') : number(r.figures.persons)) : ''}</td>
              <td className="number">{r.figures ? (r.figures.events == null ? t('answer.withheld') : number(r.figures.events)) : ''}</td>
              <td>
                <EstimateText value={r.auroc} reasons={report.reasons} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Withheld values={rows.map((r) => r.auroc)} reasons={report.reasons} />
      {across.i2 != null && (
        <Text size="sm" mt="sm">
          {t('evidence.heterogeneity', { i2: w.percent(across.i2), tau2: decimal(across.tau2, 4) })}
        </Text>
      )}
    </Section>
  );
}

function Curves({ report }: { report: Report }) {
  const w = useWords();
  const { t, decimal } = w;
  const points = report.pooled.roc ?? [];
  const groups = report.pooled.calibration_groups ?? [];
  const rows = report.pooled.decision_curve ?? [];
  const roc = useMemo(() => {
    const curve = points.map((p): [number, number] => [Number((1 - p.specificity).toFixed(4)), p.sensitivity]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return square(w, [{ name: t('evidence.all_persons'), points: [[0, 0], ...curve, [1, 1]] }], t('evidence.one_minus_specificity'), t('evidence.sensitivity'), t('evidence.chance'), false);
  }, [points, w, t]);
  const calibration = useMemo(() => {
    const most = Math.min(1, Math.max(0.02, ...groups.flatMap((g) => [g.predicted, g.observed.ci95?.[1] ?? g.observed.estimate ?? 0])) * 1.1);
    return square(
      w,
      [{ name: t('evidence.all_persons'), points: groups.map((g) => [g.predicted, g.observed.estimate]), low: groups.map((g) => g.observed.ci95?.[0] ?? null), high: groups.map((g) => g.observed.ci95?.[1] ?? null) }],
      t('evidence.predicted'), t('evidence.observed'), t('evidence.perfect'), true, most > 0.1 ? Math.ceil(most * 10) / 10 : Math.ceil(most * 100) / 100,
    );
  }, [groups, w, t]);
  const curve = useMemo(() => {
    const shown = rows.filter((r) => r.threshold <= Math.max(0.1, ...rows.filter((q) => (q.net_benefit.estimate ?? 0) > 0).map((q) => q.threshold * 1.15)));
    return decision(w, shown.map((r) => ({ threshold: r.threshold, model: r.net_benefit.estimate, all: r.treat_all.estimate, none: 0 })));
  }, [rows, w]);
  return (
    <>
      <div className="two">
        <Section title={t('evidence.roc')} lead={t('evidence.roc_lead')}>
          {points.length === 0 ? <Empty>{t('evidence.no_curve')}</Empty> : <Chart option={roc} words={t('evidence.roc_words', { auroc: decimal(report.pooled.auroc.estimate) })} height={380} />}
        </Section>
        <Section title={t('evidence.calibration')} lead={t('evidence.calibration_lead')}>
          {groups.length === 0 ? <Empty>{t('evidence.no_curve')}</Empty> : <Chart option={calibration} words={t('evidence.calibration_words')} height={380} />}
        </Section>
      </div>
      <Section title={t('evidence.decision')} lead={t('evidence.decision_lead')}>
        {rows.length === 0 ? <Empty>{t('evidence.no_curve')}</Empty> : <Chart option={curve} words={t('evidence.decision_words')} height={340} />}
      </Section>
    </>
  );
}

function CalibrationFigures({ report }: { report: Report }) {
  const { t } = useWords();
  const rows: { name: string; calibration: Calibration | undefined }[] = [
    ...report.sites.map((s) => ({ name: s.site, calibration: s.calibration })),
    { name: t('evidence.all_persons'), calibration: report.pooled.calibration },
  ];
  return (
    <Section title={t('evidence.calibration_figures')}>
      <table className="plain" data-testid="calibration">
        <thead>
          <tr>
            <th scope="col">{t('evidence.site')}</th>
            <th scope="col">{t('evidence.slope')}</th>
            <th scope="col">{t('evidence.citl')}</th>
            <th scope="col">{t('evidence.o_e')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">{r.name}</th>
              {[r.calibration?.slope, r.calibration?.citl, r.calibration?.o_e].map((value, i) => (
                <td key={i}>
                  <EstimateText value={value} digits={2} reasons={report.reasons} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Withheld values={rows.map((r) => r.calibration?.slope)} reasons={report.reasons} />
    </Section>
  );
}

function FollowUp({ report }: { report: Report }) {
  const { t, number, percent, both } = useWords();
  const curve = report.pooled.follow_up;
  if (!curve) return null;
  return (
    <Section title={t('evidence.follow_up')} lead={t('evidence.follow_up_lead')}>
      {curve.steps.length > 0 && (
        <table className="plain" data-testid="follow-up">
          <thead>
            <tr>
              <th scope="col" className="number">{t('evidence.up_to_day')}</th>
              <th scope="col" className="number">{t('evidence.at_risk')}</th>
              <th scope="col" className="number">{t('evidence.events')}</th>
              <th scope="col" className="number">{t('evidence.event_free')}</th>
            </tr>
          </thead>
          <tbody>
            {curve.steps.map((step) => (
              <tr key={step.day}>
                <th scope="row" className="number">{number(step.day)}</th>
                <td className="number">{number(step.at_risk)}</td>
                <td className="number">{number(step.events)}</td>
                <td className="number">{percent(step.event_free)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {curve.notes.map((note) => (
        <Text key={both(note)} size="sm" mt="sm">
          {both(note)}
        </Text>
      ))}
    </Section>
  );
}

function Thresholds({ report }: { report: Report }) {
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
          {(report.pooled.thresholds ?? []).map((row) => (
            <tr key={row.threshold}>
              <th scope="row" className="number">
                {percent(row.threshold)}
              </th>
              {[row.sensitivity, row.specificity, row.ppv, row.npv].map((value, i) => (
                <td key={i}>
                  <EstimateText value={value} reasons={report.reasons} />
                </td>
              ))}
              <td>
                <EstimateText value={row.net_benefit} digits={4} reasons={report.reasons} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Withheld values={(report.pooled.thresholds ?? []).flatMap((row) => [row.sensitivity, row.specificity, row.ppv, row.npv, row.net_benefit])} reasons={report.reasons} />
    </Section>
  );
}

function Subgroups({ report }: { report: Report }) {
  const { t, code, number } = useWords();
  const all = report.pooled.subgroups ?? [];
  const groups = [...new Set(all.map((s) => s.group))];
  const [group, setGroup] = useState(groups[0] ?? '');
  const shown = (n: number | null) => (n == null ? t('answer.withheld') : number(n));
  if (groups.length === 0) return null;
  return (
    <Section title={t('evidence.subgroups')} lead={t('evidence.subgroups_lead')}>
      {groups.length > 1 && <SegmentedControl mb="sm" aria-label={t('evidence.subgroups')} value={group} onChange={setGroup} data={groups.map((g) => ({ value: g, label: code('subgroup', g) }))} />}
      <table className="plain" data-testid="subgroups">
        <thead>
          <tr>
            <th scope="col">{code('subgroup', group)}</th>
            <th scope="col" className="number">{t('evidence.n')}</th>
            <th scope="col" className="number">{t('evidence.events')}</th>
            <th scope="col">{t('evidence.auroc_ci')}</th>
          </tr>
        </thead>
        <tbody>
          {all.filter((s) => s.group === group).map((s) => (
            <tr key={s.value}>
              <th scope="row">{code('level', s.value)}</th>
              <td className="number">{shown(s.persons)}</td>
              <td className="number">{shown(s.events)}</td>
              <td>
                <EstimateText value={s.auroc} reasons={report.reasons} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Withheld values={all.filter((s) => s.group === group).map((s) => s.auroc)} reasons={report.reasons} />
    </Section>
  );
}

function Seal({ evidence }: { evidence: Evidence }) {
  const { t, both, date, number } = useWords();
  const { report } = evidence;
  const base = `/api/v1/evidence/${encodeURIComponent(evidence.id)}`;
  return (
    <Section title={t('evidence.seal')} lead={t('evidence.seal_lead')}>
      <Facts
        items={[
          { name: t('evidence.sealed_at'), value: `${evidence.signer}, ${date(evidence.sealed_at)}` },
          { name: t('evidence.locked_at'), value: date(report.locked_at) },
          { name: t('evidence.epochs'), value: report.sites.map((s) => `${s.site} ${number(s.epoch)}`).join(', ') },
          { name: t('evidence.plan_hash'), value: <Digest value={report.plan_hash} /> },
          { name: t('evidence.solution_hash'), value: <Digest value={report.digests.solution} /> },
          { name: t('evidence.digest'), value: <Digest value={evidence.digest} /> },
          { name: t('evidence.key'), value: <Digest value={evidence.key} /> },
        ]}
      />
      <details style={{ marginTop: 14 }}>
        <summary>{t('evidence.study_rules')}</summary>
        <ul style={{ margin: '8px 0 0', paddingLeft: 20 }}>
          {report.study_rules.map((rule) => (
            <li key={both(rule)}>{both(rule)}</li>
          ))}
          <li>{t('answer.rules_n', { min: number(report.rules.min_cell), round: number(report.rules.round_to) })}</li>
        </ul>
      </details>
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

function Headline({ value, report }: { value: Estimate; report: Report }) {
  const { decimal } = useWords();
  const [low, high] = value.ci95 ?? [null, null];
  if (value.estimate == null || low == null || high == null) return <EstimateText value={value} reasons={report.reasons} />;
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
  const plan = query.data?.report.plan;
  return (
    <Page title={both(plan?.title) || id} back={{ to: '/evidence', label: t('nav.evidence') }} lead={both(plan?.intended_use)}>
      <Loaded query={query}>
        {(evidence) => {
          const { report } = evidence;
          return (
            <>
              <div className="card figures wide" data-testid="headline">
                <Figure name={t('evidence.auroc_pooled')} value={<Headline value={report.pooled.auroc} report={report} />} note={t('evidence.auroc_note')} />
                <Figure name={t('evidence.n')} value={number(report.pooled.persons)} note={t('evidence.sites_n', { n: number(report.sites.length) })} />
                <Figure name={t('evidence.events')} value={number(report.pooled.events)} note={t('evidence.within', { n: number(report.plan.horizon_days) })} />
                <Figure name={t('evidence.solution')} value={<Text span fz="md" fw={650}>{`${report.solution.id} ${report.solution.version}`}</Text>} />
              </div>
              <Forest report={report} />
              <Curves report={report} />
              <CalibrationFigures report={report} />
              <Thresholds report={report} />
              <FollowUp report={report} />
              <Subgroups report={report} />
              <Seal evidence={evidence} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
