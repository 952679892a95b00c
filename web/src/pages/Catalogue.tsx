import { Anchor, Button, Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useCatalogue } from '../api/hooks';
import type { DatasetCard } from '../api/types';
import { useWords } from '../lib/words';
import { Chips, Empty, Loaded, Page, State } from '../parts/Pieces';

function Row({ dataset }: { dataset: DatasetCard }) {
  const { both, keywords, number, date, t } = useWords();
  const words = keywords(dataset.keywords).slice(0, 5);
  return (
    <tr>
      <th scope="row">
        <Link to={`/catalogue/${encodeURIComponent(dataset.id)}`}>{both(dataset.title) || dataset.id}</Link>
        {(dataset.variables?.length ?? 0) > 0 && (
          <Text size="sm" c="dark.6" mt={2}>
            {t('catalogue.variables')}: {dataset.variables?.join(', ')}
          </Text>
        )}
        {words.length > 0 && (
          <div style={{ marginTop: 6 }}>
            <Chips values={words} />
          </div>
        )}
      </th>
      <td>
        <State group="kind" value={dataset.kind} />
      </td>
      <td className="when">{dataset.holder}</td>
      <td>
        <State group="tier" value={dataset.tier} />
        {dataset.embargo_until && (
          <div style={{ marginTop: 4 }}>
            <State group="dataset" value="embargo" /> <span>{date(dataset.embargo_until)}</span>
          </div>
        )}
      </td>
      <td className="number">{dataset.kind === 'release' ? t('catalogue.phase_n', { n: number(dataset.phase) }) : t('common.none')}</td>
      <td className="number">{number(dataset.persons)}</td>
      <td className="number">{number(dataset.records)}</td>
    </tr>
  );
}

export function CataloguePage() {
  const { t, code, number } = useWords();
  const [search, setSearch] = useSearchParams();
  const [typed, setTyped] = useState(search.get('q') ?? '');
  const [q] = useDebouncedValue(typed, 250);
  const kind = search.get('kind') ?? '';
  const tier = search.get('tier') ?? '';
  const set = (name: string, value: string) =>
    setSearch((old) => {
      const next = new URLSearchParams(old);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    }, { replace: true });
  useEffect(() => {
    set('q', q);
  }, [q]);
  const system = search.get('code_system') ?? '';
  const query = useCatalogue(q, kind, tier, system);
  const facets = query.data?.facets;
  const choices = (group: 'kind' | 'tier') => [
    { value: '', label: t('common.all') },
    ...Object.entries(facets?.[group] ?? {}).map(([value, count]) => ({ value, label: `${code(group, value)} ${number(count)}` })),
  ];
  return (
    <Page title={t('catalogue.title')} lead={t('catalogue.lead')}>
      <Group justify="flex-end" mb={-12}>
        <Anchor component={Link} to="/deposits/new" size="sm" lh="24px">
          {t('deposit.title')}
        </Anchor>
      </Group>
      <div className="card">
        <Group align="flex-end" gap="lg">
          <TextInput label={t('catalogue.search')} placeholder={t('catalogue.search_hint')} type="search" value={typed} onChange={(e) => setTyped(e.currentTarget.value)} style={{ flex: '1 1 280px' }} />
          <Group gap="md">
            <SegmentedControl aria-label={t('catalogue.kind')} data={choices('kind')} value={kind} onChange={(v) => set('kind', v)} />
            {Object.keys(facets?.code_system ?? {}).length > 0 && (
              <Select aria-label={t('dataset.code_systems')} placeholder={t('dataset.code_systems')} data={Object.entries(facets?.code_system ?? {}).map(([value, count]) => ({ value, label: `${value} ${number(count)}` }))} value={system || null} onChange={(v) => set('code_system', v ?? '')} clearable w={170} />
            )}
            <SegmentedControl aria-label={t('catalogue.tier')} data={choices('tier')} value={tier} onChange={(v) => set('tier', v)} />
          </Group>
        </Group>
      </div>
      <Loaded query={query}>
        {(found) => (
          <div className="card">
            {found.datasets.length === 0 ? (
              <Empty>
                {t('catalogue.empty')}{' '}
                {(typed || kind || tier) && (
                  <Button size="compact-sm" variant="default" onClick={() => { setTyped(''); setSearch({}, { replace: true }); }}>
                    {t('catalogue.clear')}
                  </Button>
                )}
              </Empty>
            ) : (
              <table className="plain" data-testid="datasets">
                <caption aria-live="polite">{t('catalogue.found', { n: number(found.count) })}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t('catalogue.dataset')}</th>
                    <th scope="col">{t('catalogue.kind')}</th>
                    <th scope="col">{t('catalogue.holder')}</th>
                    <th scope="col">{t('catalogue.tier')}</th>
                    <th scope="col" className="number">{t('catalogue.phase')}</th>
                    <th scope="col" className="number">{t('catalogue.persons')}</th>
                    <th scope="col" className="number">{t('catalogue.records')}</th>
                  </tr>
                </thead>
                <tbody>
                  {found.datasets.map((dataset) => (
                    <Row key={dataset.id} dataset={dataset} />
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}
