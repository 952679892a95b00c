import { ActionIcon, Checkbox, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { domains, type ConceptSet, type Event, type Rule } from '../lib/circe';
import { useWords } from '../lib/words';

const whole = (value: string | number): number | null => (value === '' || value === '-' ? null : Math.trunc(Number(value)));

export function EventFields({ event, sets, onChange }: { event: Event; sets: ConceptSet[]; onChange: (event: Event) => void }) {
  const { t, code } = useWords();
  const change = (part: Partial<Event>) => onChange({ ...event, ...part });
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="sm">
        <Select label={t('cohort.kind')} data={domains.map((d) => ({ value: d, label: code('domain', d) }))} value={event.domain} onChange={(d) => change({ domain: (d ?? event.domain) as Event['domain'] })} allowDeselect={false} w={190} />
        <Select label={t('cohort.of_set')} data={sets.map((s) => ({ value: String(s.id), label: s.name }))} value={event.set == null ? null : String(event.set)} onChange={(id) => change({ set: id == null ? null : Number(id) })} placeholder={t('cohort.choose_set')} w={220} clearable={event.domain === 'Death'} />
        <Select label={t('cohort.sex')} data={['any', 'female', 'male'].map((s) => ({ value: s, label: t(`cohort.sex_${s}`) }))} value={event.sex} onChange={(s) => change({ sex: (s ?? 'any') as Event['sex'] })} allowDeselect={false} w={110} />
        <NumberInput label={t('cohort.age_from')} value={event.ageFrom ?? ''} onChange={(v) => change({ ageFrom: whole(v) })} min={0} max={130} allowDecimal={false} w={90} />
        <NumberInput label={t('cohort.age_to')} value={event.ageTo ?? ''} onChange={(v) => change({ ageTo: whole(v) })} min={0} max={130} allowDecimal={false} w={90} />
        {event.domain === 'Measurement' && <NumberInput label={t('cohort.value_from')} value={event.valueFrom ?? ''} onChange={(v) => change({ valueFrom: v === '' ? null : Number(v) })} w={130} />}
      </Group>
      <Checkbox label={t('cohort.first')} checked={event.first} onChange={(e) => change({ first: e.currentTarget.checked })} />
    </Stack>
  );
}

export function RuleFields({ rule, sets, number, onChange, onRemove }: { rule: Rule; sets: ConceptSet[]; number: number; onChange: (rule: Rule) => void; onRemove: () => void }) {
  const { t } = useWords();
  const change = (part: Partial<Rule>) => onChange({ ...rule, ...part });
  return (
    <fieldset className="rule" data-testid="rule">
      <legend>{t('cohort.rule_n', { n: number })}</legend>
      <Stack gap="sm">
        <Group align="flex-end">
          <TextInput label={t('cohort.rule_name')} value={rule.name} onChange={(e) => change({ name: e.currentTarget.value })} style={{ flex: 1 }} />
          <ActionIcon variant="default" size="lg" onClick={onRemove} aria-label={t('cohort.remove_named', { name: rule.name || t('cohort.rule_n', { n: number }) })}>
            ×
          </ActionIcon>
        </Group>
        <Group align="flex-end" gap="sm">
          <Select label={t('cohort.how_often')} data={['at_least', 'at_most', 'exactly'].map((o) => ({ value: o, label: t(`cohort.${o}`) }))} value={rule.occurrence} onChange={(o) => change({ occurrence: (o ?? 'at_least') as Rule['occurrence'] })} allowDeselect={false} w={130} />
          <NumberInput label={t('cohort.times')} value={rule.count} onChange={(v) => change({ count: Math.max(0, whole(v) ?? 0) })} min={0} max={999} allowDecimal={false} w={90} />
          <NumberInput label={t('cohort.from_day')} description={t('cohort.day_hint')} value={rule.from ?? ''} onChange={(v) => change({ from: whole(v) })} allowDecimal={false} w={210} />
          <NumberInput label={t('cohort.to_day')} description={t('cohort.day_hint')} value={rule.to ?? ''} onChange={(v) => change({ to: whole(v) })} allowDecimal={false} w={210} />
        </Group>
        <EventFields event={rule.event} sets={sets} onChange={(event) => change({ event })} />
        <Text size="sm" c="dark.6">
          {t('cohort.rule_hint')}
        </Text>
      </Stack>
    </fieldset>
  );
}
