import { AppShell, Box, Burger, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, type ReactNode } from 'react';
import { Link, NavLink, useLocation, useNavigate } from 'react-router';
import { useSession, useSignOut } from '../api/hooks';
import { choose } from '../i18n';
import { useWords } from '../lib/words';

const places = ['home', 'uses', 'catalogue', 'applications', 'rights', 'programmes', 'cohorts', 'ask', 'evidence', 'demonstrations', 'audit'] as const;
const path = (place: (typeof places)[number]) => (place === 'home' ? '/' : `/${place}`);

function Languages() {
  const { t, language } = useWords();
  return (
    <SegmentedControl
      aria-label={t('language.choose')}
      size="xs"
      value={language}
      onChange={(value) => choose(value === 'en' ? 'en' : 'ko')}
      data={[
        { value: 'ko', label: t('language.ko') },
        { value: 'en', label: t('language.en') },
      ]}
    />
  );
}

function Who() {
  const { t, both, code } = useWords();
  const { data: session } = useSession();
  const leave = useSignOut();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const account = session?.account;
  if (!account)
    return pathname === '/sign-in' ? null : (
      <Button component={Link} to={`/sign-in?next=${encodeURIComponent(pathname)}`} size="xs">
        {t('session.sign_in')}
      </Button>
    );
  return (
    <Group gap="sm" wrap="nowrap">
      <Box ta="right" data-testid="who" visibleFrom="sm">
        <Text size="sm" fw={600} lh={1.2}>
          {both(account.name) || account.id}
        </Text>
        <Text size="xs" c="dark.6" lh={1.3} visibleFrom="sm">
          {[account.organisation, account.roles.map((role) => code('role', role)).join(', ')].filter(Boolean).join(' · ')}
        </Text>
      </Box>
      <Button variant="default" size="xs" style={{ flexShrink: 0 }} loading={leave.isPending} onClick={() => leave.mutate(undefined, { onSettled: () => navigate('/sign-in') })}>
        {t('session.sign_out')}
      </Button>
    </Group>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const [opened, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);
  return (
    <>
      <a className="skip" href="#content">
        {t('common.skip')}
      </a>
      <AppShell header={{ height: 60 }} navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding="lg">
        <AppShell.Header>
          <Group h="100%" px={{ base: 'sm', sm: 'lg' }} justify="space-between" gap="xs" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('common.menu')} />
              <Link to="/" className="brand">
                <img src="/naru.svg" alt="" />
                <Box>
                  <Text fw={700} fz="lg" lh={1.1}>
                    {t('brand.name')}
                  </Text>
                  <Text size="xs" c="dark.6" visibleFrom="sm" lh={1.2}>
                    {t('brand.line')}
                  </Text>
                </Box>
              </Link>
            </Group>
            <Group gap="sm" wrap="nowrap">
              <Languages />
              <Who />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" aria-label={t('nav.label')}>
          <Stack gap={2}>
            {places.map((place) => (
              <NavLink key={place} to={path(place)} end={place === 'home'} className="nav-link">
                {t(`nav.${place}`)}
              </NavLink>
            ))}
          </Stack>
        </AppShell.Navbar>
        <AppShell.Main id="content">
          <Box maw={1240}>{children}</Box>
        </AppShell.Main>
      </AppShell>
    </>
  );
}
