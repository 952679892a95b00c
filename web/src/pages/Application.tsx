import { Alert, Badge, Group, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useApplication, useForms, useTerms } from '../api/hooks';
import type { Application, Board } from '../api/types';
import { useWords } from '../lib/words';
import { Actions } from '../parts/Actions';
import { ClockBadge } from '../parts/ClockBadge';
import { IssueRight } from '../parts/IssueRight';
import { Chips, Facts, Figure, Loaded, Page, Section, State } from '../parts/Pieces';

function Dossier({ application }: { application: Application }) {
  const { t, both, code, number, date } = useWords();
  const d = application.dossier;
  const terms = useTerms();
  const forms = useForms();
  const filled = (forms.data?.forms ?? []).filter((form) => Object.keys(d.forms?.[form.id] ?? {}).length > 0);
  return (
    <Section title={t('dossier.title')}>
      {d.purpose && (
        <Text mb="md" maw={760}>
          {d.purpose}
        </Text>
      )}
      <Facts
        items={[
          { name: t('dossier.purpose_code'), value: both(terms.data?.terms[d.purpose_code]) || d.purpose_code },
          { name: t('dossier.ai_use'), value: d.ai_use ? code('ai', d.ai_use) : t('dossier.ai_none') },
          { name: t('dossier.commercial'), value: d.commercial ? t('common.yes') : t('common.no') },
          { name: t('dossier.people'), value: d.people.map((p) => `${p.name || p.account} (${code('person_role', p.role)})`).join(', ') },
          { name: t('dossier.holders'), value: <Chips values={d.holders} /> },
          { name: t('dossier.datasets'), value: <Chips values={d.datasets} /> },
          { name: t('dossier.modes'), value: d.modes.map((m) => code('mode', m)).join(', ') },
          { name: t('dossier.release'), value: d.release || t('dossier.release_none') },
          { name: t('dossier.tables'), value: <Chips values={d.tables} group="table" /> },
          { name: t('dossier.cohort'), value: d.cohort ? t('dossier.cohort_some') : t('dossier.cohort_all') },
          { name: t('dossier.budget'), value: t('dossier.budget_n', { n: number(d.query_budget) }) },
          { name: t('dossier.dates'), value: `${date(d.valid_from)} – ${date(d.valid_until)}` },
          { name: t('dossier.programme'), value: application.programme || t('common.none') },
          { name: t('dossier.project'), value: application.project },
        ]}
      />
      {d.missing.length > 0 && (
        <Alert color="orange" mt="md" title={t('dossier.missing')}>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {d.missing.map((m) => (
              <li key={`${m.form}.${m.field}`}>{both(m.what)}</li>
            ))}
          </ul>
        </Alert>
      )}
      {filled.map((form) => (
        <details key={form.id} style={{ marginTop: 12 }}>
          <summary>{both(form.title)}</summary>
          <div style={{ marginTop: 8 }}>
            <Facts
              items={form.fields.map((field) => {
                const value = d.forms?.[form.id]?.[field.id];
                return { name: both(field.title), value: value == null || value === '' ? t('common.none') : typeof value === 'string' ? value : JSON.stringify(value) };
              })}
            />
          </div>
        </details>
      ))}
      {application.terms.length > 0 && (
        <>
          <Text fw={650} mt="lg" mb="xs">
            {t('dossier.terms')}
          </Text>
          <table className="plain">
            <tbody>
              {application.terms.map((term) => (
                <tr key={term.dataset}>
                  <th scope="row">{term.dataset}</th>
                  <td>
                    <State group="match" value={term.match} />
                  </td>
                  <td>{term.reasons.map((reason) => <div key={both(reason)}>{both(reason)}</div>)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Section>
  );
}

function Timeline({ application }: { application: Application }) {
  const { t, both, code, date, number } = useWords();
  const total = application.clocks.find((c) => c.what === 'total');
  return (
    <Section title={t('case.title')} lead={t('case.lead', { sop: both(application.sop.title), version: number(application.sop.version) })} aside={total && <div style={{ flexShrink: 0 }}><ClockBadge clock={total} whole /></div>}>
      <ol className="timeline" data-testid="timeline">
        {application.sop.steps.filter((step) => step.kind !== 'end' || step.state !== 'ahead').map((step, i) => {
          const ended = step.kind === 'end';
          const clock = application.clocks.find((c) => c.what === step.id);
          return (
            <li key={step.id} className={ended ? 'done' : step.state} aria-current={step.state === 'open' ? 'step' : undefined}>
              <span className="dot" aria-hidden>
                {ended || step.state === 'done' ? '✓' : ''}
              </span>
              <Group gap="sm" align="center">
                <Text fw={step.state === 'open' ? 700 : 550}>
                  {number(i + 1)}. {both(step.title)}
                </Text>
                {!ended && (step.state !== 'ahead' || application.closed) && <State group="step" value={step.state === 'ahead' ? 'skipped' : step.state} />}
                {step.state === 'open' && clock && <ClockBadge clock={clock} />}
              </Group>
              <Text size="sm" c="dark.6">
                {step.owner && t('case.owner', { role: code('role', step.owner) })}
                {step.state === 'open' && clock && ` · ${t('clock.due', { date: date(clock.deadline) })}`}
              </Text>
            </li>
          );
        })}
      </ol>
      {application.clocks.some((c) => !c.calendar_known) && (
        <Text size="sm" c="dark.6">
          {t('clock.calendar_unknown')}
        </Text>
      )}
    </Section>
  );
}

/** How many must decide, and which facts of the application led there. */
function ReviewTier({ application }: { application: Application }) {
  const { t, both, code, number } = useWords();
  const review = application.review;
  if (!review) return null;
  const described = [...new Set([...application.dossier.datasets, application.dossier.release])].filter(Boolean);
  return (
    <Section title={t('review.title')} lead={t('review.lead')}>
      <div className="figures" style={{ marginBottom: 16 }} data-testid="review-tier">
        <Figure name={t('review.tier')} value={code('review_tier', review.tier)} strong />
        <Figure name={t('review.reviewers')} value={t('review.at_least', { n: number(review.reviewers_min) })} />
        <Figure name={t('review.external')} value={review.external_min > 0 ? t('review.at_least', { n: number(review.external_min) }) : t('review.external_none')} />
        <Figure name={t('review.meeting')} value={t(review.in_person ? 'review.in_person' : 'review.by_vote')} />
      </div>
      <Text fw={650} mb="xs">
        {t('review.why')}
      </Text>
      <ol style={{ margin: 0, paddingLeft: 20 }}>
        {review.reasons.map((reason) => (
          <li key={both(reason)}>{both(reason)}</li>
        ))}
      </ol>
      <Text size="sm" mt="md" c="dark.7">
        {t('review.policy', { policy: review.policy })}
      </Text>
      {described.length > 0 && (
        <Group gap="md" mt="md">
          <Text size="sm">{t('review.risk_of')}</Text>
          {described.map((id) => (
            <Link key={id} to={`/catalogue/${encodeURIComponent(id)}`}>
              {id}
            </Link>
          ))}
        </Group>
      )}
    </Section>
  );
}

function BoardSection({ board, decision }: { board: Board; decision: Application['decision'] }) {
  const { t, both, code, number, date } = useWords();
  const c = board.count;
  return (
    <Section title={both(board.title) || t('board.board')} lead={t('board.lead')}>
      <div className="figures" style={{ marginBottom: 16 }} data-testid="board-count">
        <Figure name={t('board.voted')} value={`${number(c.voted)} / ${number(c.assigned - c.recused)}`} note={t('board.recused_n', { n: number(c.recused) })} />
        <Figure name={t('board.quorum')} value={number(c.quorum)} note={c.quorum_met ? t('board.quorum_met') : t('board.quorum_open')} />
        <Figure name={t('board.approve')} value={number(c.approve)} />
        <Figure name={t('board.revise')} value={number(c.revise)} />
        <Figure name={t('board.reject')} value={number(c.reject)} />
        <Figure name={t('board.abstain')} value={number(c.abstain)} />
      </div>
      <ul className="members" data-testid="members">
        {board.members.map((m) => (
          <li key={m.account} className={m.recused ? 'recused' : undefined}>
            <Group justify="space-between" wrap="nowrap" align="flex-start">
              <div>
                <Text fw={650}>{m.account}</Text>
                <Text size="sm" c="dark.6">
                  {[m.organisation, m.chair ? t('role.chair') : '', m.external ? t('board.external') : '', code('expertise', m.expertise)].filter(Boolean).join(' · ')}
                </Text>
              </div>
              {m.recused ? (
                <Badge color="gray" variant="light" radius="sm" tt="none" className="state">
                  {t('board.recused')}
                </Badge>
              ) : m.vote?.vote ? (
                <State group="choice_vote" value={m.vote.vote} />
              ) : (
                <Text size="sm" c="dark.6">
                  {m.voted ? t('board.voted_hidden') : t('board.not_voted')}
                </Text>
              )}
            </Group>
            {m.recused && (
              <Text size="sm" mt={6}>
                {both(m.recused.reason_text)} {m.recused.by_rule && `(${t('board.by_rule')})`}
              </Text>
            )}
            {m.vote?.reason && (
              <Text size="sm" mt={6}>
                {m.vote.reason} <span style={{ color: '#4a5863' }}>({date(m.vote.at)})</span>
              </Text>
            )}
          </li>
        ))}
      </ul>
      {decision && (
        <Alert mt="md" color={decision.decision === 'approve' ? 'green' : 'orange'} title={t('board.decision', { what: code('choice_decide', decision.decision) })}>
          {decision.conditions.length > 0 && (
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {decision.conditions.map((condition) => (
                <li key={condition}>{condition}</li>
              ))}
            </ul>
          )}
        </Alert>
      )}
    </Section>
  );
}

function Answers({ application }: { application: Application }) {
  const { t, date } = useWords();
  return (
    <Section title={t('local.title')} lead={t('local.lead')}>
      <table className="plain" data-testid="local">
        <thead>
          <tr>
            <th scope="col">{t('local.site')}</th>
            <th scope="col">{t('local.answer')}</th>
            <th scope="col">{t('local.conditions')}</th>
            <th scope="col">{t('local.by')}</th>
          </tr>
        </thead>
        <tbody>
          {application.local_context.map((a) => {
            const clock = application.clocks.find((c) => c.what.endsWith(`:${a.site}`));
            return (
              <tr key={a.site}>
                <th scope="row" className="when">{a.site}</th>
                <td>{a.answer ? <State group="choice_answer_local_context" value={a.answer} /> : clock ? <ClockBadge clock={clock} /> : t('local.waiting')}</td>
                <td>{[...a.conditions, a.note].filter(Boolean).join(' · ') || t('common.none')}</td>
                <td>{a.by ? `${a.by}, ${date(a.at)}` : t('common.none')}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}

function History({ application }: { application: Application }) {
  const { t, both, code, date } = useWords();
  const titles = new Map(application.sop.steps.map((s) => [s.id, both(s.title)]));
  return (
    <Section title={t('case.history')}>
      <table className="plain">
        <tbody>
          {application.history.map((line) => (
            <tr key={line.version}>
              <td className="when">{date(line.at)}</td>
              <td>{code('event', `case_${line.type.replace('case.', '')}`)}</td>
              <td>{titles.get(line.step) ?? line.step}</td>
              <td>{line.actor}</td>
              <td>{both(line.note) && code('case_note', both(line.note))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function ApplicationPage() {
  const { id = '' } = useParams();
  const { t, both, date } = useWords();
  const query = useApplication(id);
  return (
    <Page title={both(query.data?.title) || id} back={{ to: '/applications', label: t('nav.applications') }} lead={query.data && t('application.lead', { organisation: query.data.organisation, id: query.data.id, date: date(query.data.submitted_at) })}>
      <Loaded query={query}>
        {(application) => (
          <>
            <Group gap="sm">
              <State group={application.closed ? 'outcome' : 'application'} value={application.closed ? application.outcome : 'running'} />
              {application.certificate && <Text size="sm">{t('application.certificate', { number: application.certificate })}</Text>}
              {application.rights.map((right) => (
                <Link key={right} to={`/rights/${encodeURIComponent(right)}`}>
                  {t('application.right', { id: right })}
                </Link>
              ))}
            </Group>
            <Actions application={application} />
            {application.outcome === 'approved' && application.rights.length === 0 && (application.policies?.length ?? 0) > 0 && <IssueRight application={application} />}
            <div className="two">
              <Timeline application={application} />
              <Answers application={application} />
            </div>
            <ReviewTier application={application} />
            {application.board && <BoardSection board={application.board} decision={application.decision} />}
            <Dossier application={application} />
            <History application={application} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
