import { Text } from '@mantine/core';
import { Link } from 'react-router';
import { useStatus } from '../api/hooks';
import { useWords } from '../lib/words';
import { Facts, Loaded, Page, Section } from '../parts/Pieces';

export function Home() {
  const { t, number } = useWords();
  const status = useStatus();
  return (
    <Page title={t('home.title')} lead={t('home.lead')}>
      <Loaded query={status}>
        {({ journey, site, version }) => {
          const steps = [
            { key: 'holders', value: journey.holders, to: '/catalogue' },
            { key: 'persons', value: journey.persons, to: '/catalogue' },
            { key: 'datasets', value: journey.datasets, to: '/catalogue' },
            { key: 'rights', value: journey.rights, to: '/rights' },
            { key: 'answers', value: journey.answers, to: '/ask' },
            { key: 'log', value: journey.log_entries, to: '/audit' },
          ];
          return (
            <>
              <ol className="journey" data-testid="journey">
                {steps.map((step, i) => (
                  <li key={step.key}>
                    <Link to={step.to}>
                      <span className="order">
                        {number(i + 1)}. {t(`home.${step.key}.step`)}
                      </span>
                      <Text fz={38} fw={700} lh={1.25} className="digits" component="div">
                        {number(step.value)}
                      </Text>
                      <Text fw={600} component="div">
                        {t(`home.${step.key}.name`)}
                      </Text>
                      <Text size="sm" c="dark.6" component="div" mt={4}>
                        {t(`home.${step.key}.text`)}
                      </Text>
                    </Link>
                  </li>
                ))}
              </ol>
              <Section title={t('home.now')}>
                <Facts
                  items={[
                    { name: t('home.release'), value: journey.release ?? t('common.none') },
                    { name: t('home.epoch'), value: t('home.epoch_n', { n: number(journey.epoch) }) },
                    { name: t('home.evidence_reports'), value: <Link to="/evidence">{number(journey.evidence)}</Link> },
                    { name: t('home.served_by'), value: site },
                    { name: t('home.version'), value: version },
                    { name: t('home.yours'), value: <Link to="/uses">{t('uses.title')}</Link> },
                  ]}
                />
              </Section>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
