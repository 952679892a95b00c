import { Badge, Group, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useDemonstration, useDemonstrations } from '../api/hooks';
import type { Demonstration, DemonstrationProject, WatchedPeriod } from '../api/types';
import { useWords } from '../lib/words';
import { MiniInterval, MiniWatch } from '../parts/Minis';
import { Chips, Digest, Empty, Figure, Loaded, Page, Section } from '../parts/Pieces';

const stages = ['planned', 'silent', 'live', 'routine'] as const;
const colours: Record<string, string> = { adopt: 'green', adopt_with_monitoring: 'river', do_not_adopt: 'orange', open: 'gray' };

/** Where the project stands on its way; a stopped one says so instead. */
function Stage({ stage }: { stage: string }) {
  const { code } = useWords();
  const at = stages.indexOf(stage as (typeof stages)[number]);
  if (at < 0)
    return (
      <Badge className="state" variant="light" color="gray">
        {code('demo_stage', stage)}
      </Badge>
    );
  return (
    <ol className="mini-stages">
      {stages.map((one, i) => (
        <li key={one} className={i < at ? 'done' : i === at ? 'now' : undefined} aria-current={i === at ? 'step' : undefined}>
          {code('demo_stage', one)}
        </li>
      ))}
    </ol>
  );
}

/** The stability of the scores in the last periods, as the sites computed it. */
function Watched({ periods, psi_max }: { periods: WatchedPeriod[]; psi_max: number }) {
  const { t, decimal } = useWords();
  const words = (p: WatchedPeriod) => {
    if (p.psi === null) return t('common.none');
    return decimal(p.psi, 2) + (p.psi_interval ? ` (${decimal(p.psi_interval[0], 2)}–${decimal(p.psi_interval[1], 2)})` : '');
  };
  return (
    <ul className="demo-watched">
      {periods.slice(-4).map((p) => (
        <li key={`${p.site} ${p.period}`} className={p.psi !== null && p.psi > psi_max ? 'demo-due' : undefined}>
          {p.site} {p.period}: {t('demo.psi')} {words(p)}
        </li>
      ))}
    </ul>
  );
}

function Card({ project, programme }: { project: DemonstrationProject; programme: Demonstration['programme'] }) {
  const { t, both, code, number, date } = useWords();
  const decision = project.decision?.decision ?? 'open';
  const { o_e_min, o_e_max } = programme.watch;
  return (
    <li className="card demo-card" data-testid="project">
      <Group justify="space-between" align="flex-start" gap={6} wrap="nowrap">
        <Text fw={650} lh={1.3}>
          {both(project.title)}
        </Text>
        <Badge className="state" variant="light" color={colours[decision] ?? 'gray'} style={{ flexShrink: 0 }}>
          {code('demo_decision', decision)}
        </Badge>
      </Group>
      <Text size="xs" c="dark.6">
        {project.id} · {project.organisation} · {project.solution.id} {project.solution.version}
      </Text>
      <Stage stage={project.stage} />
      {project.due && (
        <Text size="sm" fw={600} className="demo-due">
          {t('demo.due')}: {project.due.reason.startsWith('watch ') ? `${t('demo_due.watch')} ${project.due.reason.slice(6)}` : code('demo_due', project.due.reason)}
        </Text>
      )}
      <MiniInterval name={t('demo.auroc')} figure={project.evidence?.auroc ?? null} from={0.5} to={1} mark={0.5} none={t('demo.no_evidence')} />
      <MiniInterval name={t('demo.o_e')} figure={project.evidence?.o_e ?? null} from={0.5} to={2} mark={1} log none={t('demo.no_evidence')} />
      <MiniWatch name={t('demo.watch')} periods={project.watch} low={o_e_min} high={o_e_max} none={t('demo.not_watched')} />
      {project.watch.length > 0 && <Watched periods={project.watch} psi_max={programme.watch.psi_max} />}
      <Text size="sm">
        {t('demo.use', { uses: number(project.uses), overrides: number(project.overrides), errors: number(project.errors), safety: number(project.safety) })}
      </Text>
      <Chips values={project.sites} />
      <div className="demo-links">
        {project.plan && (
          <span>
            {t('demo.plan')}: <Digest value={project.plan.hash} />
          </span>
        )}
        {project.evidence && (
          <span>
            {t('demo.evidence')}: <Link to={`/evidence/${encodeURIComponent(project.evidence.id)}`}>{project.evidence.id}</Link>
          </span>
        )}
        {project.approvals.length > 0 && (
          <span>
            {t('demo.approvals')}: {project.approvals.map((a) => a.reference).join(', ')}
          </span>
        )}
        {project.decision && <span>{t('demo.reason')}: {project.decision.reason}</span>}
      </div>
      {project.history.length > 0 && (
        <details className="demo-history">
          <summary>{t('demo.history', { n: number(project.history.length) })}</summary>
          <ol>
            {project.history.map((line, i) => (
              <li key={i}>
                <time dateTime={line.at}>{date(line.at.slice(0, 10))}</time> {code('demo_act', line.type)}
                {line.note && `: ${line.note}`}
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  );
}

function Projects({ demonstration }: { demonstration: Demonstration }) {
  const { t, both, code, number } = useWords();
  const [stage, setStage] = useState<string | null>(null);
  const [decision, setDecision] = useState<string | null>(null);
  const { programme, projects } = demonstration;
  const shown = projects.filter((p) => (!stage || p.stage === stage) && (!decision || (p.decision?.decision ?? 'open') === decision));
  const options = (group: string, counts: Record<string, number>) => Object.keys(counts).map((value) => ({ value, label: `${code(group, value)} (${number(counts[value])})` }));
  return (
    <>
      <Section title={both(programme.title)} lead={t('demo.limits', { psi: programme.watch.psi_max, low: programme.watch.o_e_min, high: programme.watch.o_e_max })}>
        <div className="figures" data-testid="demo-figures">
          <Figure name={t('demo.places')} value={t('programmes.places_of', { taken: number(projects.length), all: number(programme.places) })} />
          <Figure name={t('demo.with_evidence')} value={number(projects.filter((p) => p.evidence).length)} />
          <Figure name={code('demo_decision', 'adopt')} value={number(demonstration.decisions.adopt)} />
          <Figure name={code('demo_decision', 'adopt_with_monitoring')} value={number(demonstration.decisions.adopt_with_monitoring)} />
          <Figure name={code('demo_decision', 'do_not_adopt')} value={number(demonstration.decisions.do_not_adopt)} />
          <Figure name={t('demo.due_count')} value={number(demonstration.due)} />
        </div>
        <Group mt="md" gap="md" className="no-print">
          <Select label={t('demo.stage')} data={options('demo_stage', demonstration.stages)} value={stage} onChange={setStage} clearable size="sm" placeholder={t('demo.all')} />
          <Select label={t('demo.decision')} data={options('demo_decision', demonstration.decisions)} value={decision} onChange={setDecision} clearable size="sm" placeholder={t('demo.all')} />
        </Group>
      </Section>
      {shown.length === 0 ? (
        <Empty>{t('demo.none')}</Empty>
      ) : (
        <ul className="demo-grid" data-testid="projects">
          {shown.map((p) => (
            <Card key={p.id} project={p} programme={programme} />
          ))}
        </ul>
      )}
    </>
  );
}

function One({ id }: { id: string }) {
  const query = useDemonstration(id);
  return <Loaded query={query}>{(demonstration) => <Projects demonstration={demonstration} />}</Loaded>;
}

/** Without an id: the first programme, and links to the others. */
export function DemonstrationPage() {
  const { t, both } = useWords();
  const { id } = useParams();
  const list = useDemonstrations();
  return (
    <Page title={t('demo.title')} lead={t('demo.lead')}>
      <Loaded query={list}>
        {({ programmes }) => {
          const first = id ?? programmes[0]?.id;
          if (!first) return <Empty>{t('demo.empty')}</Empty>;
          return (
            <>
              {programmes.length > 1 && (
                <Group gap="md">
                  {programmes.map((p) => (
                    <Link key={p.id} to={`/demonstrations/${encodeURIComponent(p.id)}`}>
                      {both(p.title)}
                    </Link>
                  ))}
                </Group>
              )}
              <One id={first} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
