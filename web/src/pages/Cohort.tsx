import { Alert, Anchor, Button, FileButton, Group, Select, Text, TextInput } from '@mantine/core';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useChange, useRights, useSession } from '../api/hooks';
import type { Answer, Feasibility } from '../api/types';
import { stacked } from '../charts/options';
import { emptyCohort, fromCirce, gaps, NotEditable, toCirce, type Cohort } from '../lib/circe';
import { useWords } from '../lib/words';
import { AnswerView } from '../parts/AnswerView';
import { Chart } from '../parts/Chart';
import { Definition } from '../parts/CohortDefinition';
import { ErrorNotice, Meter, Page, Section } from '../parts/Pieces';

const fileBytesMax = 1_000_000;

/** By holder and rule: at least so many, or fewer than the first band. */
function Funnel({ found }: { found: Feasibility }) {
  const w = useWords();
  const { t, both, number } = w;
  const answered = found.holders.filter((h) => h.attrition !== undefined);
  const rules = answered[0]?.attrition?.map((step) => step.rule) ?? [];
  const name = (rule: string, i: number) => (i === 0 ? t('cohort.entry_events') : rule);
  const said = (n: number | undefined, fewer: number | undefined) => (n ? t('cohort.at_least_n', { n: number(n) }) : t('cohort.fewer_n', { n: number(fewer) }));
  // By holder, never as one sum: a person may be at several.
  const option = useMemo(
    () => stacked(w, rules.map(name), answered.map((h) => ({ name: h.site, values: rules.map((_, i) => h.attrition?.[i]?.at_least ?? 0) })), t('cohort.at_least')),
    [found, w],
  );
  return (
    <Section title={t('cohort.who_holds')} lead={t('cohort.who_holds_lead')}>
      <table className="plain" data-testid="feasibility">
        <thead>
          <tr>
            <th scope="col">{t('answer.holder')}</th>
            {rules.map((rule, i) => (
              <th scope="col" className="number" key={rule}>
                {name(rule, i)}
              </th>
            ))}
            <th scope="col" className="number">{t('cohort.in_cohort')}</th>
          </tr>
        </thead>
        <tbody>
          {found.holders.map((h) => (
            <tr key={h.site}>
              <th scope="row">{h.site}</th>
              {h.refused ? (
                <td colSpan={rules.length + 1}>{both(h.refused.what)}</td>
              ) : (
                <>
                  {h.attrition?.map((step) => (
                    <td className="number" key={step.rule}>
                      {said(step.at_least, h.fewer_than)}
                    </td>
                  ))}
                  <td className="number">
                    <b>{said(h.at_least, h.fewer_than)}</b>
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rules.length > 1 && <Chart option={option} words={answered.map((h) => `${h.site}: ${h.attrition?.map((step, i) => `${name(step.rule, i)} ${said(step.at_least, h.fewer_than)}`).join(', ')}`).join('. ')} height={260} />}
      <Meter used={found.meter.used} budget={found.meter.budget} />
    </Section>
  );
}

/** A file the builder cannot show stays whole: it is asked as it is. */
interface KeptFile {
  name: string;
  text: unknown;
  place: string;
}

function Files({ cohort, onCohort, onKept }: { cohort: Cohort; onCohort: (c: Cohort) => void; onKept: (k: KeptFile | null) => void }) {
  const { t } = useWords();
  const [fault, setFault] = useState('');
  // A file chosen again, edited meanwhile, must be read again.
  const forget = useRef<() => void>(null);
  const read = async (file: File | null) => {
    if (!file) return;
    forget.current?.();
    setFault('');
    onKept(null);
    if (file.size > fileBytesMax) return setFault(t('ask.too_large'));
    let json: unknown;
    try {
      json = JSON.parse(await file.text());
    } catch (error) {
      return setFault(t('ask.not_json', { detail: error instanceof Error ? error.message : '' }));
    }
    try {
      onCohort(fromCirce(json));
    } catch (error) {
      if (error instanceof NotEditable) onKept({ name: file.name, text: json, place: error.place });
      else throw error;
    }
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(toCirce(cohort), null, 2)], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${cohort.name || 'cohort'}.json`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Group gap="xs">
      <FileButton resetRef={forget} onChange={(file) => void read(file)} accept="application/json,.json">
        {(props) => (
          <Button {...props} variant="default" size="xs">
            {t('cohort.import')}
          </Button>
        )}
      </FileButton>
      <Button variant="default" size="xs" onClick={save}>
        {t('cohort.export')}
      </Button>
      {fault && (
        <Alert color="red" role="alert">
          {fault}
        </Alert>
      )}
    </Group>
  );
}

export function CohortPage() {
  const { t } = useWords();
  const { data: session } = useSession();
  const rights = useRights(session?.account != null);
  const mine = rights.data?.rights.filter((held) => held.state === 'valid' && session?.account && held.right.people.includes(session.account.id)) ?? [];
  const [cohort, setCohort] = useState(emptyCohort);
  const [kept, setKept] = useState<KeptFile | null>(null);
  const [right, setRight] = useState<string | null>(null);
  const chosen = right ?? mine[0]?.right.id ?? null;
  const feasibility = useChange<{ definition: unknown }, Feasibility>('/feasibility');
  const ask = useChange<{ right: string; definition: unknown; mode: string }, Answer>('/questions');
  const missing = kept ? [] : gaps(cohort);
  const definition = kept ? kept.text : toCirce(cohort);
  const named = kept ? definition : { name: cohort.name || t('cohort.unnamed'), expression: definition };
  return (
    <Page title={t('cohort.title')} lead={t('cohort.lead')}>
      <div className="card">
        <Group align="flex-end" justify="space-between">
          <TextInput label={t('cohort.name')} value={cohort.name} onChange={(e) => setCohort({ ...cohort, name: e.currentTarget.value })} style={{ flex: '1 1 320px' }} />
          <Files cohort={cohort} onCohort={setCohort} onKept={setKept} />
        </Group>
        {kept && (
          <Alert color="yellow" mt="md" title={t('cohort.kept_title', { name: kept.name })} withCloseButton onClose={() => setKept(null)} closeButtonLabel={t('common.close')}>
            {t('cohort.kept', { place: kept.place })}
          </Alert>
        )}
      </div>
      {!kept && <Definition cohort={cohort} onChange={setCohort} />}
      <Section title={t('cohort.count')} lead={t('cohort.count_lead')}>
        {missing.length > 0 && (
          <Text size="sm" mb="sm" data-testid="gaps">
            {missing.map((gap) => t(`cohort.gap_${gap}`)).join(' ')}
          </Text>
        )}
        <Group align="flex-end">
          <Button onClick={() => feasibility.mutate({ definition })} loading={feasibility.isPending} disabled={missing.length > 0 || !session?.account} variant="light">
            {t('cohort.who_holds')}
          </Button>
          {mine.length > 0 && (
            <>
              <Select label={t('right.right')} data={mine.map((r) => ({ value: r.right.id, label: r.right.id }))} value={chosen} onChange={setRight} allowDeselect={false} />
              <Button onClick={() => chosen && ask.mutate({ right: chosen, definition: named, mode: 'federated' })} loading={ask.isPending} disabled={missing.length > 0 || !chosen}>
                {t('cohort.count_now')}
              </Button>
            </>
          )}
          {!session?.account && (
            <Anchor component={Link} to="/sign-in?next=/cohorts">
              {t('cohort.sign_in')}
            </Anchor>
          )}
        </Group>
        {feasibility.isError && <ErrorNotice error={feasibility.error} />}
        {ask.isError && <ErrorNotice error={ask.error} />}
      </Section>
      {feasibility.data && <Funnel found={feasibility.data} />}
      {ask.data && <AnswerView answer={ask.data} />}
    </Page>
  );
}
