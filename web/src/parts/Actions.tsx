import { Button, Group, Radio, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useChange, useSession } from '../api/hooks';
import type { Application } from '../api/types';
import { useWords } from '../lib/words';
import { ErrorNotice, Section } from './Pieces';

interface Shape {
  /** the field that carries the choice, and its values */
  choice?: { field: string; values: string[] };
  /** the words that go with it */
  words?: { field: string; required: boolean };
  conditions?: boolean;
  line?: string;
  member?: boolean;
  board?: boolean;
  danger?: boolean;
}

const shapes: Record<string, Shape> = {
  complete_check: { choice: { field: 'outcome', values: ['complete', 'incomplete'] }, words: { field: 'note', required: false } },
  resubmit: { words: { field: 'note', required: true } },
  answer_local_context: { choice: { field: 'answer', values: ['ok', 'conditions', 'decline'] }, conditions: true, words: { field: 'note', required: false } },
  assign_board: { board: true },
  vote: { choice: { field: 'vote', values: ['approve', 'revise', 'reject', 'abstain'] }, words: { field: 'reason', required: true } },
  close_vote: {},
  decide: { choice: { field: 'decision', values: ['approve', 'revise', 'reject'] }, conditions: true, words: { field: 'reason', required: true } },
  issue_exemption: { line: 'number' },
  notify: { words: { field: 'note', required: false } },
  declare_conflict: { words: { field: 'reason', required: true } },
  recuse: { member: true, words: { field: 'reason', required: true } },
  appeal: { words: { field: 'reason', required: true } },
  withdraw: { words: { field: 'reason', required: true }, danger: true },
};

function Form({ application, action }: { application: Application; action: string }) {
  const { t, both, code } = useWords();
  const { data: session } = useSession();
  const shape = shapes[action] ?? {};
  const [choice, setChoice] = useState('');
  const [words, setWords] = useState('');
  const [conditions, setConditions] = useState('');
  const [line, setLine] = useState('');
  const [pick, setPick] = useState<string | null>(null);
  const change = useChange<Record<string, unknown>>(`/applications/${encodeURIComponent(application.id)}/actions`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: Record<string, unknown> = { action };
    if (shape.choice) body[shape.choice.field] = choice;
    if (shape.words && (words.trim() || shape.words.required)) body[shape.words.field] = words.trim();
    if (shape.conditions && conditions.trim()) body.conditions = conditions.split('\n').map((c) => c.trim()).filter(Boolean);
    if (shape.line) body[shape.line] = line.trim();
    if (shape.member) body.member = pick;
    if (shape.board) body.board = pick;
    if (action === 'answer_local_context') body.site = session?.account?.organisation ?? '';
    change.mutate(body, { onSuccess: () => { setChoice(''); setWords(''); setConditions(''); setLine(''); } });
  };
  const ready = (!shape.choice || choice) && (!shape.words?.required || words.trim()) && (!shape.line || line.trim()) && (!(shape.member || shape.board) || pick);
  return (
    <form onSubmit={submit} data-action={action}>
      <Stack gap="sm">
        <Text fw={650}>{code('action', action)}</Text>
        <Text size="sm" c="dark.6" mt={-8}>
          {t(`action_help.${action}`, { defaultValue: '' })}
        </Text>
        {shape.choice && (
          <Radio.Group value={choice} onChange={setChoice} aria-label={code('action', action)} required>
            <Stack gap={8}>
              {shape.choice.values.map((value) => (
                <Radio key={value} value={value} label={code(`choice_${action}`, value)} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        {shape.member && (
          <Select label={t('board.member')} data={(application.board?.members ?? []).filter((m) => !m.recused).map((m) => ({ value: m.account, label: `${m.account} (${m.organisation})` }))} value={pick} onChange={setPick} required />
        )}
        {shape.board && <Select label={t('board.board')} data={(application.boards ?? []).map((b) => ({ value: b.id, label: both(b.title) || b.id }))} value={pick} onChange={setPick} required />}
        {shape.line && <TextInput label={t('action.certificate_number')} value={line} onChange={(e) => setLine(e.currentTarget.value)} required />}
        {shape.conditions && <Textarea label={t('action.conditions')} description={t('action.conditions_hint')} value={conditions} onChange={(e) => setConditions(e.currentTarget.value)} autosize minRows={2} />}
        {shape.words && <Textarea label={shape.words.required ? t('action.reason') : t('action.note')} value={words} onChange={(e) => setWords(e.currentTarget.value)} autosize minRows={2} required={shape.words.required} />}
        {change.isError && <ErrorNotice error={change.error} />}
        <Group>
          <Button type="submit" disabled={!ready} loading={change.isPending} color={shape.danger ? 'red' : undefined} variant={shape.danger ? 'outline' : 'filled'}>
            {code('action_do', action)}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** One thing at a time: the most likely step is open, the others are a choice away. */
export function Actions({ application }: { application: Application }) {
  const { t, code } = useWords();
  const order = Object.keys(shapes);
  const actions = [...application.actions].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const [chosen, setChosen] = useState<string | null>(null);
  const current = chosen && actions.includes(chosen) ? chosen : actions.find((a) => !shapes[a]?.danger && a !== 'declare_conflict' && a !== 'recuse') ?? null;
  if (actions.length === 0) return null;
  return (
    <Section title={t('action.title')} id="act">
      <Group gap="xs" mb="md" role="group" aria-label={t('action.choose')}>
        {actions.map((action) => (
          <Button key={action} size="xs" variant={action === current ? 'light' : 'default'} aria-pressed={action === current} onClick={() => setChosen(action)}>
            {code('action', action)}
          </Button>
        ))}
      </Group>
      {current ? <Form key={current} application={application} action={current} /> : <Text c="dark.6">{t('action.none_due')}</Text>}
    </Section>
  );
}
