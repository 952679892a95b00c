import { Alert, Badge, Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Answer, Cell } from '../api/types';
import { bars } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from './Chart';
import { Digest, Facts, Figure, Meter, Section } from './Pieces';

/** A withheld figure looks withheld, never like zero, and says by which rule. */
export function CellValue({ cell }: { cell: Cell }) {
  const { t, both, number } = useWords();
  if (cell.value != null) return <>{number(cell.value)}</>;
  return (
    <span className="withheld" data-testid="withheld" title={both(cell.reason) || t('answer.withheld_reason')}>
      {t('answer.withheld')}
    </span>
  );
}

function Reasons({ cells }: { cells: Cell[] }) {
  const { t, both } = useWords();
  const reasons = [...new Set(cells.filter((c) => c.value == null).map((c) => both(c.reason) || t('answer.withheld_reason')))];
  if (reasons.length === 0) return null;
  return (
    <Text size="sm" mt="sm" c="dark.7">
      <span className="withheld">{t('answer.withheld')}</span> {reasons.join(' · ')}
    </Text>
  );
}

export function AnswerView({ answer }: { answer: Answer }) {
  const w = useWords();
  const { t, both, code, number, date } = w;
  const option = useMemo(() => bars(w, answer.holders.map((h) => ({ name: h.site, value: h.persons.value })), t('answer.persons')), [answer, w, t]);
  return (
    <Section title={both(answer.definition) || t('answer.title')} aside={<Text size="sm" c="dark.6">{date(answer.at)}</Text>}>
      {answer.repeated && (
        <Alert color="river" mb="md" data-testid="repeated">
          {t('answer.repeated', { epoch: number(answer.repeated.epoch) })}
        </Alert>
      )}
      <div className="figures" data-testid="answer">
        <Figure name={answer.distinct ? t('answer.persons_distinct') : t('answer.persons_sum')} value={<CellValue cell={answer.persons} />} strong note={answer.distinct ? t('answer.distinct') : t('answer.not_distinct')} />
        <Figure name={t('answer.mode')} value={code('mode', answer.mode)} note={t(`answer.mode_${answer.mode}`, { defaultValue: '' })} />
        <Figure name={t('home.epoch')} value={number(answer.epoch)} note={t('answer.epoch_note')} />
      </div>
      {answer.meter && (
        <div style={{ maxWidth: 360, marginTop: 14 }}>
          <Meter used={answer.meter.used} budget={answer.meter.budget} />
        </div>
      )}
      {answer.holders.length > 0 && (
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
                {answer.holders.map((h) => (
                  <tr key={h.site}>
                    <th scope="row">{h.site}</th>
                    <td className="number">
                      <CellValue cell={h.persons} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <Reasons cells={answer.holders.map((h) => h.persons)} />
          </div>
          <Chart option={option} words={t('answer.chart_words')} height={260} />
        </div>
      )}
      {answer.attrition.length > 0 && (
        <>
          <table className="plain" style={{ marginTop: 20 }} data-testid="attrition">
            <caption>{t('answer.attrition')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('answer.rule')}</th>
                <th scope="col" className="number">{t('answer.persons')}</th>
              </tr>
            </thead>
            <tbody>
              {answer.attrition.map((row, i) => (
                <tr key={i}>
                  <th scope="row">{both(row.rule)}</th>
                  <td className="number">
                    <CellValue cell={row.persons} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Reasons cells={answer.attrition.map((row) => row.persons)} />
        </>
      )}
      <Group mt="lg" mb="xs" gap="xs">
        <Badge variant="light" color="gray" radius="sm" tt="none" className="state">
          {answer.rules.min_cell == null ? t('answer.rules') : t('answer.rules_n', { min: number(answer.rules.min_cell), round: number(answer.rules.round_to) })}
        </Badge>
      </Group>
      <details>
        <summary>{t('answer.identity')}</summary>
        <div style={{ marginTop: 10 }}>
          <Facts
            items={[
              { name: t('answer.id'), value: answer.id },
              { name: t('right.release'), value: answer.release || t('common.none') },
              { name: t('answer.definition_hash'), value: <Digest value={answer.definition_hash} /> },
              { name: t('right.policy'), value: answer.rules.policy ?? t('common.none') },
              { name: t('answer.algorithm'), value: answer.algorithm },
            ]}
          />
        </div>
      </details>
    </Section>
  );
}
