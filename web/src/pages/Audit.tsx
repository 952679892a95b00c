import { Alert, Button, Code, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { get, type ApiError } from '../api/client';
import { useCheckpoint, useLog } from '../api/hooks';
import type { Checkpoint, LogEntry, Proof } from '../api/types';
import { recompute, type Recomputed } from '../lib/merkle';
import { useWords } from '../lib/words';
import { Digest, ErrorNotice, Facts, Loaded, Page, Section, State } from '../parts/Pieces';

const pageEntries = 25;

interface Checked {
  proof: Proof;
  recomputed: Recomputed | null;
  holds: boolean;
}

async function check(index: number): Promise<Checked> {
  const proof = await get<Proof>(`/log/proof/${index}`);
  try {
    const recomputed = await recompute(proof.entry, proof.index, proof.size, proof.path);
    return { proof, recomputed, holds: recomputed.root === proof.root };
  } catch {
    return { proof, recomputed: null, holds: false };
  }
}

function Outcome({ checked, checkpoint }: { checked: Checked; checkpoint: Checkpoint | undefined }) {
  const { t, number } = useWords();
  const { proof, recomputed, holds } = checked;
  const sameTree = checkpoint && checkpoint.size === proof.size ? checkpoint.root === proof.root : null;
  const fine = holds && sameTree !== false;
  return (
    <Stack gap="sm" data-testid="proof">
      <Alert color={fine ? 'green' : 'red'} title={fine ? t('audit.holds') : t('audit.broken')} role="status">
        {fine ? t('audit.holds_text', { index: number(proof.index), size: number(proof.size) }) : t('audit.broken_text')}
      </Alert>
      {recomputed && (
        <details>
          <summary>{t('audit.steps', { n: number(recomputed.steps.length) })}</summary>
          <ol className="hash-path" style={{ marginTop: 10 }}>
            <li>
              {t('audit.leaf')} <Code className="digest">{recomputed.leaf}</Code>
            </li>
            {recomputed.steps.map((step, i) => (
              <li key={step.result}>
                {t(step.side === 'left' ? 'audit.with_left' : 'audit.with_right', { n: number(i + 1) })} <Code className="digest">{step.sibling.slice(0, 16)}…</Code> → <Code className="digest">{step.result.slice(0, 16)}…</Code>
              </li>
            ))}
            <li>
              {t('audit.root')} <Code className="digest">{recomputed.root}</Code>
            </li>
          </ol>
        </details>
      )}
    </Stack>
  );
}

function fieldsOf(entry: LogEntry): string {
  return Object.entries(entry.fields)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return `${name} ${/^[0-9a-f]{40,}$/.test(text) ? `${text.slice(0, 12)}…` : text.length > 90 ? `${text.slice(0, 90)}…` : text}`;
    })
    .join(' · ');
}

export function Audit() {
  const { t, code, number, date } = useWords();
  const [from, setFrom] = useState<number | null>(null);
  const [index, setIndex] = useState<string | number>('');
  const checkpoint = useCheckpoint();
  const size = checkpoint.data?.size ?? 0;
  const start = from ?? Math.max(0, size - pageEntries);
  const log = useLog(start, pageEntries);
  const hidden = log.data?.entries.every((entry) => entry.fields_hidden) ?? false;
  const prove = useMutation<Checked, ApiError, number>({ mutationFn: check });
  const look = (i: number) => {
    setIndex(i);
    prove.mutate(i);
    document.getElementById('proof')?.scrollIntoView({ block: 'center' });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (index !== '') prove.mutate(Number(index));
  };
  return (
    <Page title={t('audit.title')} lead={t('audit.lead')}>
      <div className="two">
        <Section title={t('audit.checkpoint')} lead={t('audit.checkpoint_lead')}>
          <Loaded query={checkpoint}>
            {(c) => (
              <>
                <Facts
                  items={[
                    { name: t('audit.origin'), value: c.origin },
                    { name: t('audit.size'), value: <span data-testid="log-size">{number(c.size)}</span> },
                    { name: t('audit.root'), value: <Digest value={c.root} /> },
                    ...(c.witnesses.length > 0 ? [{ name: t('audit.witnesses'), value: c.witnesses.map((w) => `${w.site} (${number(w.size)})`).join(', ') }] : []),
                  ]}
                />
                <details style={{ marginTop: 14 }}>
                  <summary>{t('audit.note')}</summary>
                  <pre className="file">{c.note}</pre>
                </details>
                <Text size="sm" mt="md" mb={4}>
                  {t('audit.verify_how')}
                </Text>
                <pre className="file">naru audit verify log --against checkpoint</pre>
              </>
            )}
          </Loaded>
        </Section>
        <Section title={t('audit.proof')} lead={t('audit.proof_lead')} id="proof">
          <form onSubmit={submit}>
            <Group align="flex-end">
              <NumberInput label={t('audit.entry_number')} value={index} onChange={setIndex} min={0} max={Math.max(0, size - 1)} allowDecimal={false} allowNegative={false} hideControls w={180} />
              <Button type="submit" loading={prove.isPending} disabled={index === ''}>
                {t('audit.recompute')}
              </Button>
            </Group>
          </form>
          <div style={{ marginTop: 14 }} aria-live="polite">
            {prove.isError && <ErrorNotice error={prove.error} />}
            {prove.data && <Outcome checked={prove.data} checkpoint={checkpoint.data} />}
          </div>
        </Section>
      </div>
      <Section title={t('audit.entries')} lead={hidden ? `${t('audit.entries_lead')} ${t('audit.sign_in_for_more')}` : t('audit.entries_lead')}>
        <Loaded query={log}>
          {(page) => (
            <>
              <table className="plain" data-testid="log">
                <thead>
                  <tr>
                    <th scope="col" className="number">{t('audit.number')}</th>
                    <th scope="col">{t('audit.at')}</th>
                    <th scope="col">{t('audit.event')}</th>
                    {!hidden && <th scope="col">{t('audit.actor')}</th>}
                    {!hidden && <th scope="col">{t('audit.fields')}</th>}
                    <th scope="col">{t('audit.check')}</th>
                  </tr>
                </thead>
                <tbody>
                  {[...page.entries].reverse().map((entry) => (
                    <tr key={entry.index}>
                      <td className="number">{number(entry.index)}</td>
                      <td className="when">{date(entry.at)}</td>
                      <td>{entry.erased ? <State group="log" value="erased" /> : code('event', entry.event.replaceAll('.', '_'))}</td>
                      {!hidden && <td>{entry.actor}</td>}
                      {!hidden && <td style={{ fontSize: 13 }}>{fieldsOf(entry)}</td>}
                      <td>
                        <Button size="compact-xs" variant="default" onClick={() => look(entry.index)} aria-label={t('audit.check_entry', { n: number(entry.index) })}>
                          {t('audit.check')}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Group justify="space-between" mt="md">
                <Button variant="default" size="xs" disabled={start === 0} onClick={() => setFrom(Math.max(0, start - pageEntries))}>
                  {t('audit.older')}
                </Button>
                <Text size="sm" className="digits">
                  {t('audit.range', { from: number(start), to: number(start + page.entries.length - 1), size: number(page.size) })}
                </Text>
                <Button variant="default" size="xs" disabled={start + pageEntries >= page.size} onClick={() => setFrom(Math.min(Math.max(0, page.size - pageEntries), start + pageEntries))}>
                  {t('audit.newer')}
                </Button>
              </Group>
            </>
          )}
        </Loaded>
      </Section>
    </Page>
  );
}
