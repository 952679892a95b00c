import { Badge, Checkbox, Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import { domains, emptyGroup, hasValue, operators, withoutSet, type ConceptSet, type Event, type Json, type Range, type Sex } from '../lib/circe';
import { useWords } from '../lib/words';
import { GroupFields } from './CohortGroups';

export const whole = (value: string | number): number | null => (value === '' || value === '-' ? null : Math.trunc(Number(value)));

/** What the file says beyond the fields here: named, and written back as it was. */
export function Kept({ more }: { more: Json }) {
  const { t } = useWords();
  const names = Object.keys(more).filter((name) => !name.endsWith('Exclude') || more[name] === true);
  if (names.length === 0) return null;
  return (
    <Group gap={6} data-testid="kept">
      <Text size="sm" c="dark.6">
        {t('cohort.kept_fields')}
      </Text>
      {names.map((name) => (
        <Badge key={name} variant="light" color="gray" tt="none">
          {name}
        </Badge>
      ))}
    </Group>
  );
}

/** A comparison with one number, or two for between; no comparison when it is empty. */
export function RangeFields({ label, range, onChange, decimals = false }: { label: string; range: Range | null; onChange: (range: Range | null) => void; decimals?: boolean }) {
  const { t } = useWords();
  const between = range?.op.endsWith('bt') ?? false;
  const number = (v: string | number) => (v === '' || v === '-' ? null : decimals ? Number(v) : Math.trunc(Number(v)));
  return (
    <Group gap={4} align="flex-end" wrap="nowrap">
      <Select
        label={label}
        data={[{ value: '', label: t('cohort.op_any') }, ...operators.map((op) => ({ value: op, label: t(`cohort.op_${op.replace('!', 'not_')}`) }))]}
        value={range?.op ?? ''}
        onChange={(op) => onChange(op ? { op: op as Range['op'], value: range?.value ?? 0, extent: op.endsWith('bt') ? (range?.extent ?? range?.value ?? 0) : null } : null)}
        allowDeselect={false}
        w={128}
      />
      {range && <NumberInput aria-label={t('cohort.range_value', { name: label })} value={range.value} onChange={(v) => onChange({ ...range, value: number(v) ?? 0 })} allowDecimal={decimals} w={84} />}
      {range && between && <NumberInput aria-label={t('cohort.range_extent', { name: label })} value={range.extent ?? ''} onChange={(v) => onChange({ ...range, extent: number(v) })} allowDecimal={decimals} w={84} />}
    </Group>
  );
}

export function SexField({ sex, onChange }: { sex: Sex; onChange: (sex: Sex) => void }) {
  const { t } = useWords();
  return <Select label={t('cohort.sex')} data={['any', 'female', 'male'].map((s) => ({ value: s, label: t(`cohort.sex_${s}`) }))} value={sex} onChange={(s) => onChange((s ?? 'any') as Sex)} allowDeselect={false} w={92} />;
}

export function EventFields({ event, sets, onChange, depth = 0 }: { event: Event; sets: ConceptSet[]; onChange: (event: Event) => void; depth?: number }) {
  const { t, code } = useWords();
  const change = (part: Partial<Event>) => onChange({ ...event, ...part });
  const turn = (domain: Event['domain']) => change({ domain, value: hasValue(domain) ? event.value : null, more: domain === event.domain ? event.more : {} });
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="sm">
        <Select label={t('cohort.kind')} data={domains.map((d) => ({ value: d, label: code('domain', d) }))} value={event.domain} onChange={(d) => turn((d ?? event.domain) as Event['domain'])} allowDeselect={false} w={160} />
        <Select label={t('cohort.of_set')} data={sets.map((s) => ({ value: String(s.id), label: s.name || t('cohort.new_set', { n: s.id + 1 }) }))} value={event.set == null ? null : String(event.set)} onChange={(id) => change({ set: id == null ? null : Number(id) })} placeholder={withoutSet.includes(event.domain) ? t('cohort.any_record') : t('cohort.choose_set')} w={220} clearable searchable />
        <SexField sex={event.sex} onChange={(sex) => change({ sex })} />
        <RangeFields label={t('cohort.age')} range={event.age} onChange={(age) => change({ age })} />
        {hasValue(event.domain) && <RangeFields label={t('cohort.value')} range={event.value} onChange={(value) => change({ value })} decimals />}
      </Group>
      <Group gap="lg">
        <Checkbox label={t('cohort.first')} checked={event.first} onChange={(e) => change({ first: e.currentTarget.checked })} />
        <Checkbox label={t('cohort.around')} checked={event.around !== null} onChange={(e) => change({ around: e.currentTarget.checked ? emptyGroup() : null })} disabled={event.around === null && depth >= deepest} />
      </Group>
      <Kept more={event.more} />
      {event.around && <GroupFields group={event.around} sets={sets} onChange={(around) => change({ around })} depth={depth + 1} legend={t('cohort.around_legend')} />}
    </Stack>
  );
}

/** Nothing deeper is added here; what a file holds deeper is shown all the same. */
export const deepest = 4;
