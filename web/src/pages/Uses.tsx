import { Text } from '@mantine/core';
import { Link } from 'react-router';
import { useTerms, useUses } from '../api/hooks';
import type { Use } from '../api/types';
import { useWords } from '../lib/words';
import { Chips, Empty, Facts, Loaded, Page, Section, State } from '../parts/Pieces';

function One({ use }: { use: Use }) {
  const { t, both, code, number, date } = useWords();
  const terms = useTerms();
  return (
    <Section title={both(use.title)} lead={use.summary || use.purpose} aside={<State group="right_state" value={use.state} />}>
      <Facts
        items={[
          { name: t('uses.who'), value: [use.organisation, ...use.partners].join(', ') },
          { name: t('uses.why'), value: both(terms.data?.terms[use.purpose_code]) || use.purpose_code },
          { name: t('dossier.ai_use'), value: use.ai_use ? code('ai', use.ai_use) : t('dossier.ai_none') },
          { name: t('dossier.commercial'), value: use.commercial ? t('common.yes') : t('common.no') },
          { name: t('uses.whose'), value: <Chips values={use.holders} /> },
          { name: t('uses.what'), value: <Chips values={use.tables} group="table" /> },
          { name: t('right.dates'), value: `${date(use.valid_from)} – ${date(use.valid_until)}` },
          { name: t('uses.answers'), value: use.revoked_at ? t('uses.answers_until', { n: number(use.answers ?? 0), date: date(use.revoked_at) }) : t('uses.answers_n', { n: number(use.answers ?? 0) }) },
        ]}
      />
    </Section>
  );
}

/** For whoever the data is about: who may use it, how to check that, and how to leave. */
export function UsesPage() {
  const { t } = useWords();
  const query = useUses();
  return (
    <Page title={t('uses.title')} lead={t('uses.lead')}>
      <Section title={t('uses.yours')}>
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          <li>{t('uses.find')}</li>
          <li>{t('uses.leave')}</li>
          <li>{t('uses.after')}</li>
          <li>
            {t('uses.check')} <Link to="/audit">{t('nav.audit')}</Link>
          </li>
        </ul>
      </Section>
      <Loaded query={query}>
        {({ uses }) =>
          uses.length === 0 ? (
            <Empty>{t('uses.empty')}</Empty>
          ) : (
            <>
              <Text fw={650}>{t('uses.list')}</Text>
              <div data-testid="uses" style={{ display: 'grid', gap: 18 }}>
                {uses.map((use) => (
                  <One key={use.right} use={use} />
                ))}
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
