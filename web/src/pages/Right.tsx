import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useAnswers, useChange, useRight, useSession, useTerms } from '../api/hooks';
import type { Right } from '../api/types';
import { useWords } from '../lib/words';
import { Chips, Digest, Empty, ErrorNotice, Facts, Loaded, Meter, Page, Section, State } from '../parts/Pieces';
import { Count } from '../parts/AnswerView';

function Revoke({ id }: { id: string }) {
  const { t } = useWords();
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const change = useChange<{ reason: string }>(`/rights/${encodeURIComponent(id)}/revoke`);
  return (
    <>
      <Button color="red" variant="outline" onClick={open}>
        {t('right.revoke')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('right.revoke_title', { id })} closeButtonProps={{ 'aria-label': t('common.close') }} centered>
        <Stack>
          <Text>{t('right.revoke_text')}</Text>
          <Textarea label={t('action.reason')} value={reason} onChange={(e) => setReason(e.currentTarget.value)} autosize minRows={2} required data-autofocus />
          {change.isError && <ErrorNotice error={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('right.revoke_not')}
            </Button>
            <Button color="red" disabled={!reason.trim()} loading={change.isPending} onClick={() => change.mutate({ reason: reason.trim() }, { onSuccess: close })}>
              {t('right.revoke_do')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function Questions({ id }: { id: string }) {
  const { t, both, code, date, number } = useWords();
  const query = useAnswers(id);
  return (
    <Section title={t('right.answers')}>
      <Loaded query={query}>
        {({ answers }) =>
          answers.length === 0 ? (
            <Empty>{t('right.answers_empty')}</Empty>
          ) : (
            <table className="plain">
              <thead>
                <tr>
                  <th scope="col">{t('answer.at')}</th>
                  <th scope="col">{t('answer.definition')}</th>
                  <th scope="col">{t('answer.mode')}</th>
                  <th scope="col">{t('home.epoch')}</th>
                  <th scope="col" className="number">{t('answer.figure')}</th>
                </tr>
              </thead>
              <tbody>
                {answers.map((a) => (
                  <tr key={a.id}>
                    <td className="when">{date(a.at)}</td>
                    <td>{both(a.definition) || <Digest value={a.definition_hash} />}</td>
                    <td>{code('mode', a.mode)}</td>
                    <td>{number(a.epoch)}</td>
                    <td className="number">
                      <Count value={a.persons} reason={a.reason} />
                      {!a.distinct && <div style={{ fontSize: 13, color: '#4a5863' }}>{t('answer.persons_sum')}</div>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Section>
  );
}

function Scope({ held }: { held: Right }) {
  const { t, both, code, date } = useWords();
  const r = held.right;
  const terms = useTerms();
  // "DUO:0000006, AI: validate; in the applicant's words", as it was signed.
  const [, duo, ai, words] = /^(\S+?)(?:, AI: (\S+))?; (.*)$/s.exec(r.purpose) ?? [null, '', '', r.purpose];
  const purpose = [duo && (both(terms.data?.terms[duo]) || duo), ai && `AI ${code('ai', ai)}`].filter(Boolean).join(' · ');
  return (
    <Section title={t('right.scope')} lead={t('right.scope_lead')}>
      <Facts
        items={[
          { name: t('right.organisation'), value: r.organisation },
          { name: t('right.people'), value: <Chips values={r.people} /> },
          { name: t('right.purpose'), value: <>{words}{purpose && <div style={{ fontSize: 13, color: '#4a5863' }}>{purpose}</div>}</> },
          { name: t('right.sites'), value: <Chips values={r.sites} /> },
          { name: t('right.modes'), value: r.modes.map((m) => code('mode', m)).join(', ') },
          { name: t('right.release'), value: r.release || t('dossier.release_none') },
          { name: t('right.tables'), value: <Chips values={r.tables} group="table" /> },
          { name: t('right.cohort'), value: r.cohort ? t('dossier.cohort_some') : t('dossier.cohort_all') },
          { name: t('right.dates'), value: `${date(r.valid_from)} – ${date(r.valid_until)}` },
          { name: t('right.project'), value: r.project },
        ]}
      />
    </Section>
  );
}

export function RightPage() {
  const { id = '' } = useParams();
  const { t, date } = useWords();
  const query = useRight(id);
  const { data: session } = useSession();
  const roles = session?.account?.roles ?? [];
  const mayRevoke = roles.includes('secretariat') || roles.includes('chair');
  return (
    <Page title={t('right.title', { id })} back={{ to: '/rights', label: t('nav.rights') }} lead={t('right.lead')}>
      <Loaded query={query}>
        {(held) => (
          <>
            {held.revoked && (
              <Alert color="red" title={t('right.revoked_title')} data-testid="revoked">
                {t('right.revoked_text', { at: date(held.revoked.at), reason: held.revoked.reason })}
              </Alert>
            )}
            <div className="card">
              <Group justify="space-between" align="center" wrap="nowrap">
                <Group gap="xl" style={{ flex: 1 }}>
                  <State group="right_state" value={held.state} />
                  {held.meter.used == null ? <Text size="sm">{t('right.meter_unknown')}</Text> : <div style={{ flex: '0 1 320px' }} data-testid="meter"><Meter used={held.meter.used} budget={held.meter.budget} /></div>}
                </Group>
                <Group gap="sm" className="no-print">
                  {held.state === 'valid' && session?.account && held.right.people.includes(session.account.id) && (
                    <Button component={Link} to={`/ask?right=${encodeURIComponent(id)}`}>
                      {t('right.ask')}
                    </Button>
                  )}
                  {held.state !== 'revoked' && mayRevoke && <Revoke id={id} />}
                </Group>
              </Group>
            </div>
            <Scope held={held} />
            <Questions id={id} />
            <Section title={t('right.token')} lead={t('right.token_lead')}>
              <Facts
                items={[
                  { name: t('right.issued'), value: `${held.right.issuer}, ${date(held.right.issued_at)}` },
                  { name: t('right.application'), value: <Link to={`/applications/${encodeURIComponent(held.application)}`}>{held.application}</Link> },
                  { name: t('right.policy'), value: held.right.policy },
                  { name: t('right.policy_hash'), value: <Digest value={held.right.policy_hash} /> },
                  { name: t('right.vocabulary_hash'), value: <Digest value={held.right.vocabulary_hash} /> },
                  { name: t('right.digest'), value: <Digest value={held.digest} /> },
                ]}
              />
              <details style={{ marginTop: 14 }}>
                <summary>{t('right.file')}</summary>
                <pre className="file">{held.file}</pre>
              </details>
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
