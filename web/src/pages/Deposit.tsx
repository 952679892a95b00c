import { Alert, Button, Checkbox, FileButton, Group, MultiSelect, Select, Stack, Stepper, Text, TextInput, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { ApiError, post, put } from '../api/client';
import { useSession, useTerms } from '../api/hooks';
import type { DepositDraft, DepositReceipt } from '../api/types';
import { useWords } from '../lib/words';
import { Empty, ErrorNotice, Facts, Page, Section } from '../parts/Pieces';

interface Meaning {
  en: string;
  ko: string;
  identifying: boolean;
}
interface Description {
  id: string;
  version: string;
  titleEn: string;
  titleKo: string;
  aboutEn: string;
  aboutKo: string;
  programme: string;
  grant: string;
  tier: string;
  basis: string;
  keywords: string;
  duo: string[];
  ai: string[];
  embargo: string;
}

const blank: Description = { id: '', version: '1.0', titleEn: '', titleKo: '', aboutEn: '', aboutKo: '', programme: '', grant: '', tier: 'controlled', basis: 'consent', keywords: '', duo: ['DUO:0000006'], ai: ['validate'], embargo: '' };
const keyOf = (file: string, column: string) => `${file}\u0000${column}`;

function Files({ draft, onDraft, onError }: { draft: DepositDraft; onDraft: (d: DepositDraft) => void; onError: (e: ApiError | null) => void }) {
  const { t, both, number } = useWords();
  const [busy, setBusy] = useState(false);
  const forget = useRef<() => void>(null);
  const take = async (files: File[]) => {
    forget.current?.();
    setBusy(true);
    onError(null);
    try {
      for (const file of files) onDraft(await put<DepositDraft>(`/deposit-drafts/${draft.id}/files/${encodeURIComponent(file.name)}`, file));
    } catch (error) {
      if (error instanceof ApiError) onError(error);
      else throw error;
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack>
      <Group>
        <FileButton resetRef={forget} onChange={(files) => void take(files)} multiple>
          {(props) => (
            <Button {...props} loading={busy}>
              {t('deposit.choose_files')}
            </Button>
          )}
        </FileButton>
        <Text size="sm">{t('deposit.kinds')}</Text>
      </Group>
      {draft.files.length === 0 ? (
        <Empty>{t('deposit.no_files')}</Empty>
      ) : (
        <table className="plain" data-testid="draft-files">
          <thead>
            <tr>
              <th scope="col">{t('deposit.file')}</th>
              <th scope="col" className="number">{t('deposit.bytes')}</th>
            </tr>
          </thead>
          <tbody>
            {draft.files.map((file) => (
              <tr key={file.name}>
                <th scope="row">{file.name}</th>
                <td className="number">{number(file.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {draft.unreadable.map((one) => (
        <Alert color="orange" key={one.name} title={one.name}>
          {both(one.what)}
        </Alert>
      ))}
    </Stack>
  );
}

function Dictionary({ draft, meanings, onChange }: { draft: DepositDraft; meanings: Record<string, Meaning>; onChange: (key: string, meaning: Meaning) => void }) {
  const { t, percent, number, code } = useWords();
  return (
    <Stack>
      {draft.dictionary.map((file) => (
        <table className="plain" key={file.name} data-testid="dictionary">
          <caption>{t('deposit.rows_of', { file: file.name, n: number(file.rows) })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('dataset.column')}</th>
              <th scope="col">{t('dataset.type')}</th>
              <th scope="col" className="number">{t('deposit.filled')}</th>
              <th scope="col">{t('deposit.meaning_ko')}</th>
              <th scope="col">{t('deposit.meaning_en')}</th>
              <th scope="col">{t('deposit.identifying')}</th>
            </tr>
          </thead>
          <tbody>
            {file.columns.map((column) => {
              const key = keyOf(file.name, column.name);
              const said = meanings[key] ?? { en: '', ko: '', identifying: column.identifying };
              return (
                <tr key={key}>
                  <th scope="row">{column.name}</th>
                  <td>{code('column_type', column.type)}</td>
                  <td className="number">{percent(column.filled)}</td>
                  <td>
                    <TextInput miw={160} aria-label={t('deposit.meaning_ko_of', { column: column.name })} value={said.ko} onChange={(e) => onChange(key, { ...said, ko: e.currentTarget.value })} />
                  </td>
                  <td>
                    <TextInput miw={160} aria-label={t('deposit.meaning_en_of', { column: column.name })} value={said.en} onChange={(e) => onChange(key, { ...said, en: e.currentTarget.value })} />
                  </td>
                  <td>
                    <Checkbox aria-label={t('deposit.identifying_of', { column: column.name })} checked={said.identifying} onChange={(e) => onChange(key, { ...said, identifying: e.currentTarget.checked })} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      ))}
    </Stack>
  );
}

function Describe({ value, onChange }: { value: Description; onChange: (value: Description) => void }) {
  const { t, code, both } = useWords();
  const terms = useTerms();
  const set = (part: Partial<Description>) => onChange({ ...value, ...part });
  const duo = Object.entries(terms.data?.terms ?? {}).filter(([term]) => term.startsWith('DUO:')).map(([term, label]) => ({ value: term, label: `${both(label)} (${term})` }));
  return (
    <Stack>
      <Group grow align="flex-start">
        <TextInput label={t('deposit.id')} description={t('deposit.id_hint')} value={value.id} onChange={(e) => set({ id: e.currentTarget.value })} required />
        <TextInput label={t('deposit.version')} description={t('deposit.version_hint')} value={value.version} onChange={(e) => set({ version: e.currentTarget.value })} required />
      </Group>
      <Group grow>
        <TextInput label={t('deposit.title_ko')} value={value.titleKo} onChange={(e) => set({ titleKo: e.currentTarget.value })} required />
        <TextInput label={t('deposit.title_en')} value={value.titleEn} onChange={(e) => set({ titleEn: e.currentTarget.value })} required />
      </Group>
      <Group grow>
        <Textarea label={t('deposit.about_ko')} value={value.aboutKo} onChange={(e) => set({ aboutKo: e.currentTarget.value })} autosize minRows={2} required />
        <Textarea label={t('deposit.about_en')} value={value.aboutEn} onChange={(e) => set({ aboutEn: e.currentTarget.value })} autosize minRows={2} required />
      </Group>
      <Group grow>
        <TextInput label={t('deposit.programme')} value={value.programme} onChange={(e) => set({ programme: e.currentTarget.value })} required />
        <TextInput label={t('deposit.grant')} value={value.grant} onChange={(e) => set({ grant: e.currentTarget.value })} required />
      </Group>
      <Group grow align="flex-start">
        <Select label={t('catalogue.tier')} data={['open', 'registered', 'controlled'].map((v) => ({ value: v, label: code('tier', v) }))} value={value.tier} onChange={(v) => set({ tier: v ?? value.tier })} allowDeselect={false} />
        <Select label={t('dataset.legal_basis')} data={['consent', 'pseudonymised-use', 'deceased', 'special-approval', 'synthetic'].map((v) => ({ value: v, label: code('legal', v) }))} value={value.basis} onChange={(v) => set({ basis: v ?? value.basis })} allowDeselect={false} />
        <TextInput type="date" label={t('deposit.embargo')} description={t('deposit.embargo_hint')} value={value.embargo} onChange={(e) => set({ embargo: e.currentTarget.value })} />
      </Group>
      <MultiSelect label={t('dataset.duo')} data={duo} value={value.duo} onChange={(v) => set({ duo: v })} searchable />
      <MultiSelect label={t('dataset.ai')} data={['train', 'fine-tune', 'validate', 'export-weights'].map((v) => ({ value: v, label: code('ai', v) }))} value={value.ai} onChange={(v) => set({ ai: v })} />
      <TextInput label={t('deposit.keywords')} description={t('deposit.keywords_hint')} value={value.keywords} onChange={(e) => set({ keywords: e.currentTarget.value })} />
    </Stack>
  );
}

function Receipt({ receipt }: { receipt: DepositReceipt }) {
  const { t, both } = useWords();
  if (receipt.accepted)
    return (
      <Alert color="green" title={t('deposit.accepted')} data-testid="accepted">
        <Facts
          items={[
            { name: t('deposit.id'), value: <Link to={`/catalogue/${encodeURIComponent(receipt.id)}`}>{receipt.id}</Link> },
            { name: t('deposit.citation'), value: receipt.citation },
          ]}
        />
      </Alert>
    );
  return (
    <Alert color="orange" title={t('deposit.held')} data-testid="held">
      <ul>
        {receipt.findings.map((finding) => (
          <li key={`${finding.where} ${finding.kind}`}>
            <b>{finding.where}</b>: {both(finding.what)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

export function DepositPage() {
  const { t } = useWords();
  const { data: session } = useSession();
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState<DepositDraft | null>(null);
  const [meanings, setMeanings] = useState<Record<string, Meaning>>({});
  const [about, setAbout] = useState(blank);
  const [receipt, setReceipt] = useState<DepositReceipt | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const may = session?.account && session.account.roles.some((role) => role === 'steward' || role === 'depositor');
  const guarded = async (deed: () => Promise<void>) => {
    setError(null);
    try {
      await deed();
    } catch (fault) {
      if (fault instanceof ApiError) setError(fault);
      else throw fault;
    }
  };
  const open = () => guarded(async () => {
    const { id } = await post<{ id: string }>('/deposit-drafts');
    setDraft({ id, files: [], dictionary: [], unreadable: [] });
  });
  const submit = () => guarded(async () => {
    if (!draft || !session?.account) return;
    const dictionary = Object.fromEntries(
      draft.dictionary.map((file) => [
        file.name,
        { columns: file.columns.map((c) => { const said = meanings[keyOf(file.name, c.name)] ?? { en: '', ko: '', identifying: c.identifying }; return { name: c.name, type: c.type, meaning: { en: said.en, ko: said.ko }, identifying: said.identifying }; }) },
      ]),
    );
    const description = {
      id: about.id, version: about.version, title: { en: about.titleEn, ko: about.titleKo }, description: { en: about.aboutEn, ko: about.aboutKo }, programme: about.programme, grant_number: about.grant,
      depositor: session.account.organisation, tier: about.tier, phase: 1, legal_basis: about.basis, keywords: about.keywords.split(',').map((k) => k.trim()).filter(Boolean), duo: about.duo, ai_terms: about.ai,
      ...(about.embargo ? { embargo_until: about.embargo } : {}),
    };
    setReceipt(await post<DepositReceipt>(`/deposit-drafts/${draft.id}/submit`, { description, dictionary }));
  });
  const said = draft !== null && draft.dictionary.every((file) => file.columns.every((c) => { const m = meanings[keyOf(file.name, c.name)]; return m && m.en.trim() && m.ko.trim(); }));
  const described = [about.id, about.version, about.titleEn, about.titleKo, about.aboutEn, about.aboutKo, about.programme, about.grant].every((text) => text.trim());
  return (
    <Page title={t('deposit.title')} lead={t('deposit.lead')} back={{ to: '/catalogue', label: t('nav.catalogue') }}>
      {!may ? (
        <Empty>{t('deposit.who')}</Empty>
      ) : draft === null ? (
        <Group>
          <Button onClick={() => void open()}>{t('deposit.begin')}</Button>
        </Group>
      ) : receipt?.accepted ? (
        <Receipt receipt={receipt} />
      ) : (
        <>
          <Stepper active={step} onStepClick={setStep} allowNextStepsSelect>
            <Stepper.Step label={t('deposit.step_files')} />
            <Stepper.Step label={t('deposit.step_dictionary')} />
            <Stepper.Step label={t('deposit.step_terms')} />
          </Stepper>
          {step === 0 && (
            <Section title={t('deposit.step_files')} lead={t('deposit.files_lead')}>
              <Files draft={draft} onDraft={setDraft} onError={setError} />
            </Section>
          )}
          {step === 1 && (
            <Section title={t('deposit.step_dictionary')} lead={t('deposit.dictionary_lead')}>
              <Dictionary draft={draft} meanings={meanings} onChange={(key, meaning) => setMeanings((old) => ({ ...old, [key]: meaning }))} />
            </Section>
          )}
          {step === 2 && (
            <Section title={t('deposit.step_terms')} lead={t('deposit.terms_lead')}>
              <Describe value={about} onChange={setAbout} />
            </Section>
          )}
          <Group>
            {step > 0 && (
              <Button variant="default" onClick={() => setStep(step - 1)}>
                {t('deposit.before')}
              </Button>
            )}
            {step < 2 ? (
              <Button onClick={() => setStep(step + 1)} disabled={draft.files.length === 0}>
                {t('deposit.next')}
              </Button>
            ) : (
              <Button onClick={() => void submit()} disabled={!said || !described}>
                {t('deposit.submit')}
              </Button>
            )}
            {step === 2 && !said && <Text size="sm">{t('deposit.meanings_missing')}</Text>}
          </Group>
          {receipt && <Receipt receipt={receipt} />}
        </>
      )}
      {error && <ErrorNotice error={error} />}
    </Page>
  );
}
