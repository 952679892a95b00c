import { Button, Group, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { emptyEvent, emptyGroup, emptyRule, type Cohort, type Event, type Limit } from '../lib/circe';
import { useWords } from '../lib/words';
import { EventFields, Kept } from './CohortEvents';
import { GroupFields, RuleFields } from './CohortGroups';
import { ConceptSets } from './ConceptSets';
import { Section } from './Pieces';

function Events({ events, sets, onChange, least, word }: { events: Event[]; sets: Cohort['sets']; onChange: (events: Event[]) => void; least: number; word: string }) {
  const { t } = useWords();
  return (
    <Stack>
      {events.map((e, i) => (
        <fieldset className="rule" key={i}>
          <legend>{t('cohort.event_n', { n: i + 1 })}</legend>
          <EventFields event={e} sets={sets} onChange={(value) => onChange(events.map((one, k) => (k === i ? value : one)))} />
          {events.length > least && (
            <Button size="compact-xs" variant="default" mt="xs" onClick={() => onChange(events.filter((_, k) => k !== i))}>
              {t('cohort.remove')}
            </Button>
          )}
        </fieldset>
      ))}
      <Group>
        <Button size="xs" variant="light" onClick={() => onChange([...events, emptyEvent()])}>
          {word}
        </Button>
      </Group>
    </Stack>
  );
}

function LimitField({ label, value, onChange }: { label: string; value: Limit; onChange: (limit: Limit) => void }) {
  const { t } = useWords();
  return <Select label={label} data={(['First', 'Last', 'All'] as const).map((v) => ({ value: v, label: t(`cohort.limit_${v.toLowerCase()}`) }))} value={value} onChange={(v) => onChange((v ?? 'All') as Limit)} allowDeselect={false} w={190} />;
}

function ExitFields({ cohort, set }: { cohort: Cohort; set: (part: Partial<Cohort>) => void }) {
  const { t } = useWords();
  const { exit } = cohort;
  const turn = (kind: string | null) => set({ exit: kind === 'offset' ? { kind, days: 365, from: 'StartDate', more: {} } : kind === 'era' ? { kind, set: cohort.sets[0]?.id ?? null, gap: 30, offset: 0, more: {} } : { kind: 'observation' } });
  const days = (v: string | number) => Math.trunc(Number(v) || 0);
  return (
    <Group align="flex-end" gap="sm">
      <Select label={t('cohort.exit')} data={['observation', 'offset', 'era'].map((k) => ({ value: k, label: t(`cohort.exit_${k}`) }))} value={exit.kind} onChange={turn} allowDeselect={false} w={230} />
      {exit.kind === 'offset' && (
        <>
          <NumberInput label={t('cohort.exit_days')} value={exit.days} onChange={(v) => set({ exit: { ...exit, days: days(v) } })} allowDecimal={false} w={130} />
          <Select label={t('cohort.exit_from')} data={(['StartDate', 'EndDate'] as const).map((v) => ({ value: v, label: t(v === 'StartDate' ? 'cohort.event_start' : 'cohort.event_end') }))} value={exit.from} onChange={(v) => set({ exit: { ...exit, from: v === 'EndDate' ? v : 'StartDate' } })} allowDeselect={false} w={150} />
        </>
      )}
      {exit.kind === 'era' && (
        <>
          <Select label={t('cohort.of_set')} data={cohort.sets.map((s) => ({ value: String(s.id), label: s.name }))} value={exit.set == null ? null : String(exit.set)} onChange={(v) => set({ exit: { ...exit, set: v == null ? null : Number(v) } })} w={220} />
          <NumberInput label={t('cohort.exit_gap')} value={exit.gap} onChange={(v) => set({ exit: { ...exit, gap: days(v) } })} min={0} allowDecimal={false} w={150} />
          <NumberInput label={t('cohort.exit_days')} value={exit.offset} onChange={(v) => set({ exit: { ...exit, offset: days(v) } })} min={0} allowDecimal={false} w={130} />
        </>
      )}
      <NumberInput label={t('cohort.era_pad')} value={cohort.eraPad} onChange={(v) => set({ eraPad: Math.max(0, days(v)) })} min={0} allowDecimal={false} w={210} />
      <TextInput type="date" label={t('cohort.calendar_from')} value={cohort.calendar.from} onChange={(e) => set({ calendar: { ...cohort.calendar, from: e.currentTarget.value } })} w={170} />
      <TextInput type="date" label={t('cohort.calendar_to')} value={cohort.calendar.to} onChange={(e) => set({ calendar: { ...cohort.calendar, to: e.currentTarget.value } })} w={170} />
    </Group>
  );
}

/** The whole definition, from concept sets to the end of the cohort. */
export function Definition({ cohort, onChange }: { cohort: Cohort; onChange: (cohort: Cohort) => void }) {
  const { t } = useWords();
  const set = (part: Partial<Cohort>) => onChange({ ...cohort, ...part });
  return (
    <>
      <Section title={t('cohort.sets')} lead={t('cohort.sets_lead')}>
        <ConceptSets sets={cohort.sets} onChange={(sets) => set({ sets })} />
      </Section>
      <Section title={t('cohort.entry')} lead={t('cohort.entry_lead')}>
        <Stack>
          <Events events={cohort.entry} sets={cohort.sets} onChange={(entry) => set({ entry })} least={1} word={t('cohort.add_event')} />
          <Group align="flex-end">
            <NumberInput label={t('cohort.prior')} value={cohort.priorDays} onChange={(v) => set({ priorDays: Math.max(0, Number(v) || 0) })} min={0} allowDecimal={false} w={190} />
            <NumberInput label={t('cohort.post')} value={cohort.postDays} onChange={(v) => set({ postDays: Math.max(0, Number(v) || 0) })} min={0} allowDecimal={false} w={190} />
            <LimitField label={t('cohort.limit_entry')} value={cohort.entryLimit} onChange={(entryLimit) => set({ entryLimit })} />
          </Group>
          {cohort.additional ? (
            <>
              <GroupFields group={cohort.additional} sets={cohort.sets} onChange={(additional) => set({ additional })} onRemove={() => set({ additional: null })} legend={t('cohort.additional')} />
              <LimitField label={t('cohort.limit_additional')} value={cohort.additionalLimit} onChange={(additionalLimit) => set({ additionalLimit })} />
            </>
          ) : (
            <Group>
              <Button size="xs" variant="light" onClick={() => set({ additional: emptyGroup() })}>
                {t('cohort.add_additional')}
              </Button>
            </Group>
          )}
        </Stack>
      </Section>
      <Section title={t('cohort.rules')} lead={t('cohort.rules_lead')}>
        <Stack>
          {cohort.rules.map((rule, i) => (
            <RuleFields key={i} rule={rule} sets={cohort.sets} number={i + 1} onChange={(value) => set({ rules: cohort.rules.map((r, k) => (k === i ? value : r)) })} onRemove={() => set({ rules: cohort.rules.filter((_, k) => k !== i) })} />
          ))}
          <Group align="flex-end">
            <Button size="xs" variant="light" onClick={() => set({ rules: [...cohort.rules, emptyRule()] })} data-testid="add-rule">
              {t('cohort.add_rule')}
            </Button>
            <LimitField label={t('cohort.limit_after_rules')} value={cohort.limit} onChange={(limit) => set({ limit })} />
          </Group>
        </Stack>
      </Section>
      <Section title={t('cohort.end')} lead={t('cohort.end_lead')}>
        <Stack>
          <ExitFields cohort={cohort} set={set} />
          <Events events={cohort.censoring} sets={cohort.sets} onChange={(censoring) => set({ censoring })} least={0} word={t('cohort.add_censoring')} />
          <Kept more={cohort.more} />
        </Stack>
      </Section>
    </>
  );
}
