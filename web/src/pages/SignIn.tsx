import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useSignIn } from '../api/hooks';
import { useWords } from '../lib/words';
import { ErrorNotice, Page } from '../parts/Pieces';

export function SignIn() {
  const { t } = useWords();
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const enter = useSignIn();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const next = search.get('next') ?? '/';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Only a path of this portal is followed.
    const target = next.startsWith('/') && !next.startsWith('//') ? next : '/';
    enter.mutate({ account: account.trim(), password }, { onSuccess: () => navigate(target) });
  };
  return (
    <Page title={t('session.title')} lead={t('session.lead')}>
      <form onSubmit={submit} className="card" style={{ maxWidth: 420 }}>
        <Stack>
          <TextInput label={t('session.account')} value={account} onChange={(e) => setAccount(e.currentTarget.value)} autoComplete="username" name="account" required withAsterisk={false} />
          <PasswordInput label={t('session.password')} value={password} onChange={(e) => setPassword(e.currentTarget.value)} autoComplete="current-password" name="password" required withAsterisk={false} visibilityToggleButtonProps={{ 'aria-label': t('session.show_password'), tabIndex: 0 }} />
          {enter.isError && <ErrorNotice error={enter.error} />}
          <Button type="submit" loading={enter.isPending}>
            {t('session.sign_in')}
          </Button>
        </Stack>
      </form>
    </Page>
  );
}
