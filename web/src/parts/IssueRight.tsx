import { Button, Group, Select } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/hooks';
import type { Application } from '../api/types';
import { useWords } from '../lib/words';
import { ErrorNotice, Section } from './Pieces';

/** After approval the secretariat issues the signed right; nothing of it can be changed here but the policy it runs under. */
export function IssueRight({ application }: { application: Application }) {
  const { t } = useWords();
  const policies = application.policies ?? [];
  const [policy, setPolicy] = useState<string | null>(policies[0] ?? null);
  const change = useChange<{ policy: string }>(`/applications/${encodeURIComponent(application.id)}/right`);
  return (
    <Section title={t('issue.title')} lead={t('issue.lead')}>
      <Group align="flex-end" mb={change.isError ? 'sm' : 0}>
        <Select label={t('right.policy')} data={policies} value={policy} onChange={setPolicy} allowDeselect={false} />
        <Button disabled={!policy} loading={change.isPending} onClick={() => change.mutate({ policy: policy ?? '' })} data-testid="issue">
          {t('issue.do')}
        </Button>
      </Group>
      {change.isError && <ErrorNotice error={change.error} />}
    </Section>
  );
}
