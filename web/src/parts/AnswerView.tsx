import { Alert, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Answer, Reason, SiteAnswer } from '../api/types';
import { bars, stacked } from '../charts/options';
import { useWords, type Words } from '../lib/words';
import { Chart } from './Chart';
import { Digest, Facts, Figure, Meter, Section } from './Pieces';

const why = (w: Words, reason: Reason | undefined) => w.t(`withheld.${reason || 'small'}`, { defaultValue: w.t('withheld.other') });

/** A withheld figure looks withheld, never like zero, and says by which rule. */
export function Count({ value, reason }: { value: number | null; reason?: Reason }) {
  const w = useWords();
  if (value != null) return <>{w.number(value)}</>;
  return (
    <span className="withheld" data-testid="withheld" title={why(w, reason)}>
      {w.t('answer.withheld')}
    </span>
  );
}

function Reasons({ reasons }: { reasons: (Reason | undefined)[] }) {
  const w = useWords();
  const said = [...new Set(reasons.map((reason) => why(w, reason)))];
  if (said.length === 0) return null;
  return (
    <Text size="sm" mt="sm" c="dark.7" data-testid="reasons">
      <span className="withheld">{w.t('answer.withheld')}</span> {said.join(' ')}
    </Text>
  );
}

function ByHolder({ answer }: { answer: Answer }) {
  const w = useWords();
  const { t } = w;
  const option = useMemo(() => bars(w, answer.sites.map((s) => ({ name: s.site, value: s.persons })), t('answer.persons')), [answer, w, t]);
  return (
    <div className="two" style={{ marginTop: 20 }}>
      <div>
        <table className="plain" data-testid="by-holder">
          <caption>{t('answer.by_holder')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('answer.holder')}</th>
              <th scope="col" className="number">{t('answer.persons')}</th>
            </tr>
          </thead>
          <tbody>
            {answer.sites.map((s) => (
              <tr key={s.site}>
                <th scope="row">{s.site}</th>
                <td className="number">
                  <Count value={s.persons} reason={s.reason} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <Reasons reasons={answer.sites.filter((s) => s.persons == null).map((s) => s.reason)} />
      </div>
      <Chart option={option} words={t('answer.chart_words')} height={260} />
    </div>
  );
}

function Breakdown({ sites }: { sites: SiteAnswer[] }) {
  const w = useWords();
  const { t, code } = w;
  const [site, setSite] = useState(sites[0]?.site ?? '');
  const table = (sites.find((s) => s.site === site) ?? sites[0])?.table;
  const option = useMemo(
    () => table && stacked(w, table.columns.map((c) => code('level', c)), table.rows.map((name, i) => ({ name: code('level', name), values: table.cells[i] ?? [] })), t('answer.persons')),
    [table, w, code, t],
  );
  if (!table || !option) return null;
  const hidden = table.cells.flatMap((row, i) => row.flatMap((cell, j) => (cell == null ? [table.reasons[i]?.[j]] : [])));
  return (
    <div style={{ marginTop: 24 }}>
      <Text fw={650} mb="xs">
        {t('answer.breakdown')}
      </Text>
      {sites.length > 1 && <SegmentedControl aria-label={t('answer.holder')} data={sites.map((s) => s.site)} value={site} onChange={setSite} mb="sm" />}
      <div className="two">
        <div>
          <table className="plain" data-testid="breakdown">
            <thead>
              <tr>
                <th scope="col">{t('answer.age_band')}</th>
                {table.rows.map((row) => (
                  <th key={row} scope="col" className="number">
                    {code('level', row)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.columns.map((column, j) => (
                <tr key={column}>
                  <th scope="row">{code('level', column)}</th>
                  {table.rows.map((row, i) => (
                    <td key={row} className="number">
                      <Count value={table.cells[i]?.[j] ?? null} reason={table.reasons[i]?.[j]} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <Reasons reasons={hidden} />
        </div>
        <Chart option={option} words={t('answer.breakdown_words')} height={Math.max(280, 40 * table.columns.length + 60)} />
      </div>
    </div>
  );
}

/** What the noise adds and what the persons' budget still holds, site by site. */
function Noise({ sites }: { sites: SiteAnswer[] }) {
  const w = useWords();
  const { t, number, decimal } = w;
  const noisy = sites.flatMap((s) => (s.noise ? [{ site: s.site, noise: s.noise }] : []));
  if (noisy.length === 0) return null;
  return (
    <div style={{ marginTop: 24 }} data-testid="noise">
      <Text fw={650} mb="xs">
        {t('noise.title')}
      </Text>
      <Text size="sm" mb="sm" c="dark.7">
        {t('noise.about')}
      </Text>
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t('answer.holder')}</th>
            <th scope="col" className="number">{t('noise.margin_total')}</th>
            <th scope="col" className="number">{t('noise.margin_cell')}</th>
            <th scope="col" className="number">{t('noise.cost')}</th>
            <th scope="col" className="number">{t('noise.spent')}</th>
            <th scope="col" className="number">{t('noise.left')}</th>
            <th scope="col">{t('noise.guarantee')}</th>
          </tr>
        </thead>
        <tbody>
          {noisy.map(({ site, noise }) => (
            <tr key={site}>
              <th scope="row">{site}</th>
              <td className="number">±{number(Math.ceil(1.96 * noise.standard_error))}</td>
              <td className="number">±{number(Math.ceil(1.96 * noise.standard_error_cells))}</td>
              <td className="number">{decimal(noise.rho)}</td>
              <td className="number">{t('noise.of', { spent: decimal(noise.budget.spent), total: decimal(noise.budget.rho) })}</td>
              <td className="number">{decimal(Math.max(0, noise.budget.rho - noise.budget.spent))}</td>
              <td>{t('noise.epsilon', { epsilon: decimal(noise.budget.epsilon, 2), delta: String(noise.budget.delta) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function AnswerView({ answer }: { answer: Answer }) {
  const w = useWords();
  const { t, both, code, number, date } = w;
  const rules = answer.sites.find((s) => s.rules)?.rules;
  const noisy = answer.sites.some((s) => s.noise);
  const tables = answer.sites.filter((s) => (s.table?.columns.length ?? 0) > 0);
  return (
    <Section title={both(answer.definition) || t('answer.title')} aside={<Text size="sm" c="dark.6" style={{ flexShrink: 0 }}>{date(answer.at)}</Text>}>
      {answer.repeated && (
        <Alert color="river" mb="md" data-testid="repeated">
          {t(noisy ? 'noise.repeated' : 'answer.repeated', { epoch: number(answer.epoch) })}
        </Alert>
      )}
      <div className="figures wide" data-testid="answer">
        <Figure name={answer.distinct ? t('answer.persons_distinct') : t('answer.persons_sum')} value={<Count value={answer.persons} reason={answer.reason} />} strong note={answer.distinct ? t('answer.distinct') : t('answer.not_distinct')} />
        <Figure name={t('answer.mode')} value={code('mode', answer.mode)} note={t(`answer.mode_${answer.mode}`, { defaultValue: '' })} />
        <Figure name={t('home.epoch')} value={number(answer.epoch)} note={t('answer.epoch_note')} />
      </div>
      {answer.noise && answer.persons != null && (
        <Text size="sm" mt="sm" c="dark.7" data-testid="noise-margin">
          {t('noise.sum', { margin: number(Math.ceil(1.96 * answer.noise.standard_error)) })}
        </Text>
      )}
      {answer.persons == null && <Reasons reasons={[answer.reason]} />}
      {answer.meter && (
        <div style={{ maxWidth: 360, marginTop: 14 }}>
          <Meter used={answer.meter.used} budget={answer.meter.budget} />
        </div>
      )}
      {(answer.failed ?? []).map((f) => (
        <Alert key={f.site} color="orange" mt="md" title={t('answer.failed', { site: f.site })}>
          {both(f.error.what)} {both(f.error.hint)}
        </Alert>
      ))}
      {answer.sites.length > 1 && <ByHolder answer={answer} />}
      <Noise sites={answer.sites} />
      {tables.length > 0 && <Breakdown sites={tables} />}
      {answer.sites.some((s) => s.ledger?.perturbed) && (
        <Text size="sm" mt="lg" c="dark.7" data-testid="perturbed">
          {t('answer.perturbed')}
        </Text>
      )}
      {rules && (
        <Text size="sm" mt="lg" c="dark.7">
          {t('answer.rules_n', { min: number(rules.min_cell), round: number(rules.round_to) })}
        </Text>
      )}
      <details style={{ marginTop: 10 }}>
        <summary>{t('answer.identity')}</summary>
        <div style={{ marginTop: 10 }}>
          <Facts
            items={[
              { name: t('answer.id'), value: answer.id },
              { name: t('right.release'), value: answer.release || t('common.none') },
              { name: t('answer.definition_hash'), value: <Digest value={answer.definition_hash} /> },
              { name: t('right.policy_hash'), value: <Digest value={answer.sites[0]?.policy} /> },
              { name: t('right.vocabulary_hash'), value: <Digest value={answer.sites[0]?.vocabulary} /> },
              { name: t('answer.algorithm'), value: answer.sites[0]?.algorithm ?? t('common.none') },
            ]}
          />
        </div>
      </details>
    </Section>
  );
}
