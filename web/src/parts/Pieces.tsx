import { Alert, Anchor, Badge, Box, Button, Code, CopyButton, Group, Loader, Progress, Stack, Text, Title } from '@mantine/core';
import { useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import type { ApiError } from '../api/client';
import { useSession } from '../api/hooks';
import { useWords, type Both } from '../lib/words';

/** Every refusal in the same place and order: what happened, where, what to do next. */
export function ErrorNotice({ error }: { error: ApiError }) {
  const { t, both } = useWords();
  const { pathname } = useLocation();
  const { data: session } = useSession();
  // A session that ended looks like no session: asking again shows it.
  const client = useQueryClient();
  useEffect(() => {
    if (error.status === 401 && session?.account) void client.invalidateQueries({ queryKey: ['session'] });
  }, [error, session, client]);
  const signInHelps = (error.status === 401 || error.status === 403) && !session?.account && pathname !== '/sign-in';
  const told = both(error.what) || t(`error.${error.kind === 'unreachable' ? 'unreachable' : 'unreadable'}`);
  const what = signInHelps ? t('error.sign_in_text') : told;
  // A command line helps who has a terminal; who reads this has a browser.
  const hint = /\bnaru [a-z]|\/api\//.test(both(error.hint)) ? '' : both(error.hint);
  return (
    <Alert
      color={error.kind === 'refused' ? 'orange' : 'red'}
      variant="light"
      role="alert"
      title={signInHelps ? t('error.sign_in') : t(`error.title_${error.kind === 'refused' ? 'refused' : error.kind === 'not_found' ? 'not_found' : 'other'}`)}
      data-testid="error"
    >
      <Text c="dark.8">{what}</Text>
      {error.where && !signInHelps && error.kind !== 'unreachable' && error.kind !== 'not_found' && (
        <Text size="sm" c="dark.7" mt={4}>
          {t('error.where')}: <Code>{error.where}</Code>
        </Text>
      )}
      {hint && !signInHelps && (
        <Text size="sm" mt={4} c="dark.8" fw={600}>
          {t('error.hint')}: {hint}
        </Text>
      )}
      {signInHelps && (
        <Button component={Link} to={`/sign-in?next=${encodeURIComponent(pathname)}`} size="xs" mt="sm">
          {t('session.sign_in')}
        </Button>
      )}
    </Alert>
  );
}

export function Waiting() {
  const { t } = useWords();
  return (
    <Group role="status" py="xl">
      <Loader size="sm" />
      <Text>{t('common.loading')}</Text>
    </Group>
  );
}

/** Waiting, failed or there: one shape for every page. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T, ApiError>; children: (data: T) => ReactNode }) {
  if (query.isPending) return <Waiting />;
  if (query.isError) return <ErrorNotice error={query.error} />;
  return <>{children(query.data)}</>;
}

let seen = '';

/** The page's title takes the focus after a change of page, so that a screen reader says where one is. */
export function Page({ title, lead, back, children }: { title: string; lead?: ReactNode; back?: { to: string; label: string }; children: ReactNode }) {
  const { t } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${title} · ${t('brand.name')}`;
  }, [title, t]);
  useEffect(() => {
    // On arrival the browser's own start stands, so that the skip link comes first.
    if (seen !== '' && seen !== pathname) heading.current?.focus({ preventScroll: true });
    seen = pathname;
  }, [pathname]);
  return (
    <Stack gap="lg">
      <Box>
        {back && (
          <Anchor component={Link} to={back.to} size="sm">
            ← {back.label}
          </Anchor>
        )}
        <Title order={1} size="h2" ref={heading} tabIndex={-1} className="page-title">
          {title}
        </Title>
        {lead && (
          <Text c="dark.6" mt={4} maw={820}>
            {lead}
          </Text>
        )}
      </Box>
      {children}
    </Stack>
  );
}

export function Section({ title, lead, aside, children, id }: { title: string; lead?: ReactNode; aside?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <Box component="section" className="card" id={id} aria-label={title}>
      <Group justify="space-between" align="flex-start" mb="sm">
        <Box style={{ flex: '1 1 240px' }}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {lead && (
            <Text size="sm" c="dark.6" mt={2} maw={860}>
              {lead}
            </Text>
          )}
        </Box>
        {aside}
      </Group>
      {children}
    </Box>
  );
}

/** One figure with its name above and an explanation below. */
export function Figure({ name, value, note, strong }: { name: string; value: ReactNode; note?: ReactNode; strong?: boolean }) {
  return (
    <Box className="figure">
      <Text size="sm" c="dark.6">
        {name}
      </Text>
      <Text fz={strong ? 34 : 24} fw={650} lh={1.2} className="digits">
        {value}
      </Text>
      {note && (
        <Text size="xs" c="dark.6" mt={2}>
          {note}
        </Text>
      )}
    </Box>
  );
}

/** Names and values as a definition list. */
export function Facts({ items }: { items: { name: string; value: ReactNode }[] }) {
  return (
    <dl className="facts">
      {items.map((item) => (
        <div key={item.name}>
          <dt>{item.name}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

const tones: Record<string, string> = {
  done: 'green', approved: 'green', approve: 'green', valid: 'green', active: 'green', agreed: 'green', ok: 'green', attention: 'orange', late: 'red', granted: 'green', open: 'green', yes: 'green',
  current: 'river', running: 'river', submitted: 'river', in_review: 'river', registered: 'river', conditions: 'yellow', board: 'yellow',
  rejected: 'red', reject: 'red', revoked: 'red', breached: 'red', decline: 'red', no: 'red', abstain: 'gray', revise: 'yellow', expired: 'gray', withdrawn: 'gray', waiting: 'gray', draft: 'gray', controlled: 'grape', embargo: 'orange',
};

export function State({ group, value }: { group: string; value: string }) {
  const { code } = useWords();
  return (
    <Badge variant="light" color={tones[value] ?? 'gray'} radius="sm" className="state" tt="none">
      {code(group, value)}
    </Badge>
  );
}

export function Chips({ values, group }: { values: string[]; group?: string }) {
  const { code, t } = useWords();
  if (values.length === 0) return <>{t('common.none')}</>;
  return (
    <Group gap={6} component="span">
      {values.map((value) => (
        <Badge key={value} variant="outline" color="gray" radius="sm" tt="none" className="state" component="span">
          {group ? code(group, value) : value}
        </Badge>
      ))}
    </Group>
  );
}

/** A digest in full would fill the line: its beginning is shown, all of it is copied. */
export function Digest({ value, full }: { value: string | null | undefined; full?: boolean }) {
  const { t } = useWords();
  if (!value) return <>{t('common.none')}</>;
  return (
    <Group gap={6} component="span" wrap="nowrap" align="center" display="inline-flex" maw="100%">
      <Code className="digest" title={value}>
        {full ? value : `${value.slice(0, 16)}…`}
      </Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? t('common.copied') : t('common.copy')}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

export function Meter({ used, budget }: { used: number; budget: number }) {
  const { t, number } = useWords();
  const share = budget > 0 ? Math.min(100, (100 * used) / budget) : 100;
  const words = t('right.meter_words', { used: number(used), budget: number(budget), left: number(Math.max(0, budget - used)) });
  return (
    <Box className="meter">
      <Progress.Root size="lg" aria-hidden>
        <Progress.Section value={share} color={share >= 100 ? 'red' : share >= 80 ? 'orange' : 'river'} />
      </Progress.Root>
      <Text size="sm" mt={4} className="digits">
        {words}
      </Text>
    </Box>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return (
    <Text c="dark.6" py="md" className="empty">
      {children}
    </Text>
  );
}

export function BothText({ text }: { text: Both }) {
  const { both, t } = useWords();
  return <>{both(text) || t('common.none')}</>;
}
