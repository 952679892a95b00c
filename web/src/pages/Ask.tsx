import { Alert, Anchor, Button, FileButton, Group, NumberInput, Radio, Select, Stack, Tabs, Text, Textarea } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useChange, useDefinitions, useRights, useSession } from '../api/hooks';
import type { Answer, DefinitionCard, Right } from '../api/types';
import { useWords } from '../lib/words';
import { AnswerView } from '../parts/AnswerView';
import { Empty, ErrorNotice, Loaded, Meter, Page, Section, State } from '../parts/Pieces';

interface Question {
  right: string;
  definition: unknown;
  mode: string;
  rho?: number;
}

const definitionBytesMax = 1_000_000;

function Form({ rights, definitions, onAnswer }: { rights: Right[]; definitions: DefinitionCard[]; onAnswer: (a: Answer | null) => void }) {
  const { t, both, code, date, number } = useWords();
  const [search] = useSearchParams();
  const [right, setRight] = useState<string | null>(search.get('right') ?? rights.find((r) => r.state === 'valid')?.right.id ?? rights[0]?.right.id ?? null);
  const [mode, setMode] = useState('federated');
  const [protection, setProtection] = useState('rounded');
  const [rho, setRho] = useState<number | string>('');
  const [source, setSource] = useState<string | null>(definitions.length > 0 ? 'known' : 'own');
  const [known, setKnown] = useState<string | null>(definitions[0]?.id ?? null);
  const [pasted, setPasted] = useState('');
  const [fault, setFault] = useState('');
  const ask = useChange<Question, Answer>('/questions');
  const held = rights.find((r) => r.right.id === right);
  const definition = definitions.find((d) => d.id === known);
  const noisy = protection === 'noise';
  const price = Number(rho);
  // Half of the price pays for the total, half for the cells: each has the variance 1/ρ.
  const margin = price > 0 ? 1.96 / Math.sqrt(price) : 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFault('');
    let expression: unknown;
    if (source === 'own') {
      try {
        expression = JSON.parse(pasted);
      } catch (error) {
        setFault(t('ask.not_json', { detail: error instanceof Error ? error.message : '' }));
        return;
      }
    }
    onAnswer(null);
    const noise = noisy ? { rho: price } : {};
    ask.mutate({ right: right ?? '', definition: source === 'own' ? expression : (known ?? ''), mode, ...noise }, { onSuccess: onAnswer });
  };
  const read = async (file: File | null) => {
    if (!file) return;
    if (file.size > definitionBytesMax) setFault(t('ask.too_large'));
    else setPasted(await file.text());
  };
  return (
    <form onSubmit={submit}>
      <div className="side">
        <Section title={t('ask.question')}>
          <Stack>
            <Tabs value={source} onChange={setSource}>
              <Tabs.List mb="md">
                <Tabs.Tab value="known">{t('ask.known')}</Tabs.Tab>
                <Tabs.Tab value="own">{t('ask.own')}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="known">
                <Select label={t('ask.definition')} data={definitions.map((d) => ({ value: d.id, label: both(d.title) || d.id }))} value={known} onChange={setKnown} allowDeselect={false} searchable nothingFoundMessage={t('ask.no_definition')} />
                {both(definition?.description) && (
                  <Text size="sm" mt="xs" c="dark.7">
                    {both(definition?.description)}
                  </Text>
                )}
                {definition && (
                  <details style={{ marginTop: 10 }}>
                    <summary>{t('ask.show_expression')}</summary>
                    <pre className="file" style={{ maxHeight: 280, overflow: 'auto' }} tabIndex={0}>
                      {JSON.stringify(definition.expression, null, 1)}
                    </pre>
                  </details>
                )}
              </Tabs.Panel>
              <Tabs.Panel value="own">
                <Textarea label={t('ask.paste')} description={t('ask.paste_hint')} value={pasted} onChange={(e) => setPasted(e.currentTarget.value)} minRows={8} maxRows={16} autosize styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }} />
                <FileButton onChange={(file) => void read(file)} accept="application/json,.json">
                  {(props) => (
                    <Button {...props} variant="default" size="xs" mt="xs">
                      {t('ask.upload')}
                    </Button>
                  )}
                </FileButton>
              </Tabs.Panel>
            </Tabs>
            <Radio.Group label={t('ask.mode')} value={mode} onChange={setMode}>
              <Stack gap="xs" mt="xs">
                {['federated', 'linked'].map((m) => (
                  <Radio key={m} value={m} label={code('mode', m)} description={t(`ask.mode_${m}`)} />
                ))}
              </Stack>
            </Radio.Group>
            <Radio.Group label={t('ask.protection')} value={protection} onChange={setProtection}>
              <Stack gap="xs" mt="xs">
                {['rounded', 'noise'].map((p) => (
                  <Radio key={p} value={p} label={t(`ask.protection_${p}`)} description={t(`ask.protection_${p}_about`)} />
                ))}
              </Stack>
            </Radio.Group>
            {noisy && (
              <NumberInput label={t('ask.rho')} description={margin > 0 ? t('ask.rho_means', { margin: number(Math.ceil(margin)) }) : t('ask.rho_about')} value={rho} onChange={setRho} min={0} step={0.01} decimalScale={4} allowNegative={false} hideControls w={320} data-testid="rho" />
            )}
            {fault && (
              <Alert color="red" role="alert">
                {fault}
              </Alert>
            )}
            {ask.isError && <ErrorNotice error={ask.error} />}
            <Group>
              <Button type="submit" size="md" loading={ask.isPending} disabled={!right || (noisy && !(price > 0)) || (source === 'known' ? !definition : !pasted.trim())}>
                {t('ask.do')}
              </Button>
              {ask.isPending && (
                <Text size="sm" role="status">
                  {t('ask.travelling')}
                </Text>
              )}
            </Group>
          </Stack>
        </Section>
        <Section title={t('ask.under')}>
          <Stack>
            <Select label={t('right.right')} data={rights.map((r) => ({ value: r.right.id, label: r.right.id }))} value={right} onChange={setRight} allowDeselect={false} />
            {held && (
              <>
                <div>
                  <State group="right_state" value={held.state} />
                </div>
                {held.meter.used != null && <Meter used={held.meter.used} budget={held.meter.budget} />}
                <Text size="sm">{t('ask.until', { date: date(held.right.valid_until) })}</Text>
                <Text size="sm">{t('ask.of', { sites: held.right.sites.join(', ') })}</Text>
                <Text size="sm">{held.right.modes.map((m) => code('mode', m)).join(', ')}</Text>
                <Anchor component={Link} to={`/rights/${encodeURIComponent(held.right.id)}`} size="sm">
                  {t('ask.see_right')}
                </Anchor>
              </>
            )}
          </Stack>
        </Section>
      </div>
    </form>
  );
}

export function Ask() {
  const { t } = useWords();
  const { data: session } = useSession();
  const rights = useRights();
  const definitions = useDefinitions();
  const [answer, setAnswer] = useState<Answer | null>(null);
  return (
    <Page title={t('ask.title')} lead={t('ask.lead')}>
      <Loaded query={rights}>
        {(r) => {
          const mine = r.rights.filter((held) => session?.account && held.right.people.includes(session.account.id));
          return mine.length === 0 ? (
            <Empty>
              {t('ask.no_right')}{' '}
              <Anchor component={Link} to="/applications">
                {t('nav.applications')}
              </Anchor>
            </Empty>
          ) : (
            <Loaded query={definitions}>{(d) => <Form rights={mine} definitions={d.definitions} onAnswer={setAnswer} />}</Loaded>
          );
        }}
      </Loaded>
      <div aria-live="polite">{answer && <AnswerView answer={answer} />}</div>
    </Page>
  );
}
