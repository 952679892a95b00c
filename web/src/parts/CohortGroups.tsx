import { ActionIcon, Button, Checkbox, Group as Line, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { emptyCriterion, emptyDemographic, emptyGroup, emptyWindow, type ConceptSet, type Criterion, type Demographic, type Edge, type Group, type GroupKind, type Occurrence, type Rule, type Window } from '../lib/circe';
import { useWords } from '../lib/words';
import { deepest, EventFields, Kept, RangeFields, SexField, whole } from './CohortEvents';

const replaced = <T,>(list: T[], at: number, value: T): T[] => list.map((one, i) => (i === at ? value : one));
const without = <T,>(list: T[], at: number): T[] => list.filter((_, i) => i !== at);

function Part({ legend, onRemove, children, testid }: { legend: string; onRemove?: () => void; children: ReactNode; testid?: string }) {
  const { t } = useWords();
  return (
    <fieldset className="rule" data-testid={testid}>
      <legend>{legend}</legend>
      <Stack gap="sm">
        {onRemove && (
          <Line justify="flex-end" mb={-28}>
            <ActionIcon variant="default" size="md" onClick={onRemove} aria-label={t('cohort.remove_named', { name: legend })}>
              ×
            </ActionIcon>
          </Line>
        )}
        {children}
      </Stack>
    </fieldset>
  );
}

function WindowFields({ window, onChange, names }: { window: Window; onChange: (window: Window) => void; names: { from: string; to: string } }) {
  const { t } = useWords();
  const edge = (sign: -1 | 1, v: string | number): Edge => {
    const days = whole(v);
    return { days, sign: days == null ? sign : days < 0 ? -1 : 1 };
  };
  return (
    <Line align="flex-end" gap="sm">
      <NumberInput label={names.from} description={t('cohort.day_hint')} value={window.start.days ?? ''} onChange={(v) => onChange({ ...window, start: edge(-1, v) })} allowDecimal={false} w={150} />
      <NumberInput label={names.to} description={t('cohort.day_hint')} value={window.end.days ?? ''} onChange={(v) => onChange({ ...window, end: edge(1, v) })} allowDecimal={false} w={150} />
      <Select label={t('cohort.window_of')} data={[{ value: 'start', label: t('cohort.index_start') }, { value: 'end', label: t('cohort.index_end') }]} value={window.fromEnd ? 'end' : 'start'} onChange={(v) => onChange({ ...window, fromEnd: v === 'end' })} allowDeselect={false} w={150} />
      <Select label={t('cohort.window_counts')} data={[{ value: 'start', label: t('cohort.event_start') }, { value: 'end', label: t('cohort.event_end') }]} value={window.ofEnd ? 'end' : 'start'} onChange={(v) => onChange({ ...window, ofEnd: v === 'end' })} allowDeselect={false} w={150} />
    </Line>
  );
}

function CriterionFields({ criterion, sets, onChange, depth }: { criterion: Criterion; sets: ConceptSet[]; onChange: (criterion: Criterion) => void; depth: number }) {
  const { t } = useWords();
  const change = (part: Partial<Criterion>) => onChange({ ...criterion, ...part });
  const names = { from: t('cohort.from_day'), to: t('cohort.to_day') };
  const second = { from: t('cohort.from_day_2'), to: t('cohort.to_day_2') };
  return (
    <Stack gap="sm">
      <Line align="flex-end" gap="sm">
        <Select label={t('cohort.how_often')} data={['at_least', 'at_most', 'exactly'].map((o) => ({ value: o, label: t(`cohort.${o}`) }))} value={criterion.occurrence} onChange={(o) => change({ occurrence: (o ?? 'at_least') as Occurrence })} allowDeselect={false} w={110} />
        <NumberInput label={t('cohort.times')} value={criterion.count} onChange={(v) => change({ count: Math.max(0, whole(v) ?? 0) })} min={0} max={999} allowDecimal={false} w={80} />
        <Checkbox label={t('cohort.distinct')} checked={criterion.distinct} onChange={(e) => change({ distinct: e.currentTarget.checked })} mb={8} />
      </Line>
      <EventFields event={criterion.event} sets={sets} onChange={(event) => change({ event })} depth={depth} />
      {criterion.window && <WindowFields window={criterion.window} onChange={(window) => change({ window })} names={names} />}
      {criterion.endWindow && <WindowFields window={criterion.endWindow} onChange={(endWindow) => change({ endWindow })} names={second} />}
      <Line gap="lg">
        <Checkbox label={t('cohort.with_window')} checked={criterion.window !== null} onChange={(e) => change({ window: e.currentTarget.checked ? emptyWindow() : null })} />
        <Checkbox label={t('cohort.with_window_2')} checked={criterion.endWindow !== null} onChange={(e) => change({ endWindow: e.currentTarget.checked ? { ...emptyWindow(), ofEnd: true } : null })} />
        <Checkbox label={t('cohort.same_visit')} checked={criterion.sameVisit} onChange={(e) => change({ sameVisit: e.currentTarget.checked })} />
        <Checkbox label={t('cohort.any_period')} checked={criterion.anyPeriod} onChange={(e) => change({ anyPeriod: e.currentTarget.checked })} />
      </Line>
      <Kept more={criterion.more} />
    </Stack>
  );
}

function PersonFields({ person, onChange }: { person: Demographic; onChange: (person: Demographic) => void }) {
  const { t } = useWords();
  return (
    <Stack gap="xs">
      <Line align="flex-end" gap="sm">
        <SexField sex={person.sex} onChange={(sex) => onChange({ ...person, sex })} />
        <RangeFields label={t('cohort.age')} range={person.age} onChange={(age) => onChange({ ...person, age })} />
      </Line>
      <Kept more={person.more} />
    </Stack>
  );
}

const kinds: GroupKind[] = ['ALL', 'ANY', 'AT_LEAST', 'AT_MOST'];

/** Conditions of which all, any, at least or at most so many must hold; groups stand inside groups. */
export function GroupFields({ group, sets, onChange, onRemove, depth = 0, legend }: { group: Group; sets: ConceptSet[]; onChange: (group: Group) => void; onRemove?: () => void; depth?: number; legend: string }) {
  const { t } = useWords();
  const change = (part: Partial<Group>) => onChange({ ...group, ...part });
  const counted = group.kind === 'AT_LEAST' || group.kind === 'AT_MOST';
  return (
    <Part legend={legend} testid="group" {...(onRemove ? { onRemove } : {})}>
      <Line align="flex-end" gap="sm">
        <Select label={t('cohort.group_kind')} data={kinds.map((k) => ({ value: k, label: t(`cohort.group_${k.toLowerCase()}`) }))} value={group.kind} onChange={(k) => change({ kind: (k ?? 'ALL') as GroupKind })} allowDeselect={false} w={190} />
        {counted && <NumberInput label={t('cohort.group_count')} value={group.count} onChange={(v) => change({ count: Math.max(0, whole(v) ?? 0) })} min={0} max={99} allowDecimal={false} w={90} />}
      </Line>
      {group.criteria.map((criterion, i) => (
        <Part key={`c${i}`} legend={t('cohort.criterion_n', { n: i + 1 })} onRemove={() => change({ criteria: without(group.criteria, i) })} testid="criterion">
          <CriterionFields criterion={criterion} sets={sets} onChange={(value) => change({ criteria: replaced(group.criteria, i, value) })} depth={depth} />
        </Part>
      ))}
      {group.people.map((person, i) => (
        <Part key={`p${i}`} legend={t('cohort.person_n', { n: i + 1 })} onRemove={() => change({ people: without(group.people, i) })}>
          <PersonFields person={person} onChange={(value) => change({ people: replaced(group.people, i, value) })} />
        </Part>
      ))}
      {group.groups.map((inner, i) => (
        <GroupFields key={`g${i}`} group={inner} sets={sets} onChange={(value) => change({ groups: replaced(group.groups, i, value) })} onRemove={() => change({ groups: without(group.groups, i) })} depth={depth + 1} legend={t('cohort.group_n', { n: i + 1 })} />
      ))}
      {group.criteria.length + group.people.length + group.groups.length === 0 && (
        <Text size="sm" c="dark.6">
          {t('cohort.group_empty')}
        </Text>
      )}
      <Line gap="xs">
        <Button size="compact-sm" variant="light" onClick={() => change({ criteria: [...group.criteria, emptyCriterion()] })} data-testid="add-criterion">
          {t('cohort.add_criterion')}
        </Button>
        <Button size="compact-sm" variant="light" onClick={() => change({ people: [...group.people, emptyDemographic()] })}>
          {t('cohort.add_person')}
        </Button>
        {depth < deepest && (
          <Button size="compact-sm" variant="light" onClick={() => change({ groups: [...group.groups, emptyGroup()] })} data-testid="add-group">
            {t('cohort.add_group')}
          </Button>
        )}
      </Line>
      <Kept more={group.more} />
    </Part>
  );
}

export function RuleFields({ rule, sets, number, onChange, onRemove }: { rule: Rule; sets: ConceptSet[]; number: number; onChange: (rule: Rule) => void; onRemove: () => void }) {
  const { t } = useWords();
  const change = (part: Partial<Rule>) => onChange({ ...rule, ...part });
  return (
    <fieldset className="rule" data-testid="rule">
      <legend>{t('cohort.rule_n', { n: number })}</legend>
      <Stack gap="sm">
        <Line align="flex-end">
          <TextInput label={t('cohort.rule_name')} value={rule.name} onChange={(e) => change({ name: e.currentTarget.value })} style={{ flex: '1 1 220px' }} />
          <TextInput label={t('cohort.rule_description')} value={rule.description} onChange={(e) => change({ description: e.currentTarget.value })} style={{ flex: '2 1 260px' }} />
          <ActionIcon variant="default" size="lg" onClick={onRemove} aria-label={t('cohort.remove_named', { name: rule.name || t('cohort.rule_n', { n: number }) })}>
            ×
          </ActionIcon>
        </Line>
        <GroupFields group={rule.group} sets={sets} onChange={(group) => change({ group })} legend={t('cohort.rule_conditions')} />
        <Kept more={rule.more} />
      </Stack>
    </fieldset>
  );
}
