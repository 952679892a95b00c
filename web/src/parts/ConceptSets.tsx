import { ActionIcon, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useConcepts } from '../api/hooks';
import type { FoundConcept } from '../api/types';
import type { ConceptItem, ConceptSet } from '../lib/circe';
import { useWords } from '../lib/words';
import { Empty, Loaded } from './Pieces';

/** Words, a code or an id; each hit says how many concepts stand below it. */
function Finder({ chosen, onTake }: { chosen: Set<number>; onTake: (concept: FoundConcept) => void }) {
  const { t, number } = useWords();
  const [typed, setTyped] = useState('');
  const [words] = useDebouncedValue(typed, 250);
  const query = useConcepts(words, '');
  return (
    <Stack gap="xs">
      <TextInput label={t('cohort.find')} placeholder={t('cohort.find_hint')} type="search" value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
      {words.trim().length > 1 && (
        <Loaded query={query}>
          {({ concepts }) =>
            concepts.length === 0 ? (
              <Empty>{t('cohort.nothing_found')}</Empty>
            ) : (
              <div style={{ maxHeight: 300, overflow: 'auto' }} tabIndex={0} role="region" aria-label={t('cohort.found')}>
                <table className="plain" data-testid="concepts">
                  <thead>
                    <tr>
                      <th scope="col">{t('cohort.concept')}</th>
                      <th scope="col">{t('cohort.code')}</th>
                      <th scope="col">{t('cohort.domain_word')}</th>
                      <th scope="col" className="number">{t('cohort.below')}</th>
                      <th scope="col">
                        <span className="unseen">{t('cohort.take')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {concepts.map((c) => (
                      <tr key={c.concept_id}>
                        <th scope="row">{c.name}</th>
                        <td>
                          {c.vocabulary} {c.code}
                        </td>
                        <td>{c.domain}</td>
                        <td className="number">{number(c.descendants)}</td>
                        <td>
                          <Button size="compact-xs" variant="default" disabled={chosen.has(c.concept_id)} onClick={() => onTake(c)} aria-label={t('cohort.take_named', { name: c.name })}>
                            {t('cohort.take')}
                          </Button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Loaded>
      )}
    </Stack>
  );
}

function Items({ set, onChange }: { set: ConceptSet; onChange: (items: ConceptItem[]) => void }) {
  const { t } = useWords();
  if (set.items.length === 0) return <Empty>{t('cohort.set_empty')}</Empty>;
  const change = (at: number, part: Partial<ConceptItem>) => onChange(set.items.map((item, i) => (i === at ? { ...item, ...part } : item)));
  return (
    <table className="plain" data-testid="set-items">
      <thead>
        <tr>
          <th scope="col">{t('cohort.concept')}</th>
          <th scope="col">{t('cohort.with_descendants')}</th>
          <th scope="col">{t('cohort.with_mapped')}</th>
          <th scope="col">{t('cohort.left_out')}</th>
          <th scope="col">
            <span className="unseen">{t('cohort.remove')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {set.items.map((item, i) => (
          <tr key={item.concept.id}>
            <th scope="row">
              {item.concept.name}{' '}
              <Text span size="sm" c="dark.6">
                {item.concept.vocabulary} {item.concept.code}
              </Text>
            </th>
            <td>
              <Checkbox checked={item.descendants} onChange={(e) => change(i, { descendants: e.currentTarget.checked })} aria-label={t('cohort.with_descendants')} />
            </td>
            <td>
              <Checkbox checked={item.mapped} onChange={(e) => change(i, { mapped: e.currentTarget.checked })} aria-label={t('cohort.with_mapped')} />
            </td>
            <td>
              <Checkbox checked={item.excluded} onChange={(e) => change(i, { excluded: e.currentTarget.checked })} aria-label={t('cohort.left_out')} />
            </td>
            <td>
              <ActionIcon variant="default" size="sm" onClick={() => onChange(set.items.filter((_, k) => k !== i))} aria-label={t('cohort.remove_named', { name: item.concept.name })}>
                ×
              </ActionIcon>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ConceptSets({ sets, onChange }: { sets: ConceptSet[]; onChange: (sets: ConceptSet[]) => void }) {
  const { t } = useWords();
  const [open, setOpen] = useState<number | null>(sets[0]?.id ?? null);
  const change = (id: number, part: Partial<ConceptSet>) => onChange(sets.map((set) => (set.id === id ? { ...set, ...part } : set)));
  const add = () => {
    const id = sets.reduce((most, set) => Math.max(most, set.id), -1) + 1;
    onChange([...sets, { id, name: t('cohort.new_set', { n: id + 1 }), items: [] }]);
    setOpen(id);
  };
  // An imported definition opens at its first set.
  const current = sets.find((set) => set.id === open) ?? sets[0];
  return (
    <Stack>
      <Group gap="xs">
        {sets.map((set) => (
          <Button key={set.id} size="xs" variant={set.id === current?.id ? 'filled' : 'default'} onClick={() => setOpen(set.id)} aria-pressed={set.id === current?.id}>
            {set.name || t('cohort.new_set', { n: set.id + 1 })} ({set.items.length})
          </Button>
        ))}
        <Button size="xs" variant="light" onClick={add} data-testid="add-set">
          {t('cohort.add_set')}
        </Button>
      </Group>
      {current && (
        <>
          <Group align="flex-end">
            <TextInput label={t('cohort.set_name')} value={current.name} onChange={(e) => change(current.id, { name: e.currentTarget.value })} style={{ flex: 1 }} />
            <Button variant="default" onClick={() => { onChange(sets.filter((set) => set.id !== current.id)); setOpen(null); }}>
              {t('cohort.remove_set')}
            </Button>
          </Group>
          <Items set={current} onChange={(items) => change(current.id, { items })} />
          <Finder
            chosen={new Set(current.items.map((item) => item.concept.id))}
            onTake={(c) =>
              change(current.id, {
                items: [...current.items, { concept: { id: c.concept_id, name: c.name, code: c.code, vocabulary: c.vocabulary, domain: c.domain, standard: c.standard }, descendants: true, mapped: false, excluded: false }],
              })
            }
          />
        </>
      )}
    </Stack>
  );
}
