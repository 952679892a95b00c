import { Alert, Button, Checkbox, Group, NumberInput, Radio, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useCatalogue, useChange, useForms, useSession, useTerms } from '../api/hooks';
import type { Application } from '../api/types';
import { useWords } from '../lib/words';
import { ErrorNotice, Page, Section } from '../parts/Pieces';

const tables = ['person', 'observation_period', 'visit_occurrence', 'condition_occurrence', 'drug_exposure', 'procedure_occurrence', 'measurement', 'observation', 'death'];
const purposes = ['DUO:0000006', 'DUO:0000007', 'DUO:0000042', 'DUO:0000011'];
const uses = ['none', 'validate', 'train', 'fine-tune', 'export-weights'];

const dayAfter = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

export function Apply() {
  const { t, both, code } = useWords();
  const terms = useTerms();
  const forms = useForms();
  const [answers, setAnswers] = useState<Record<string, Record<string, string>>>({});
  const [search] = useSearchParams();
  const { data: session } = useSession();
  const catalogue = useCatalogue('', '', '', '');
  const navigate = useNavigate();
  const submit = useChange<Record<string, unknown>, Application>('/applications');
  const [title, setTitle] = useState('');
  const [purpose, setPurpose] = useState('');
  const [code_, setCode] = useState<string | null>(purposes[0] ?? null);
  const [use, setUse] = useState('none');
  const [commercial, setCommercial] = useState('no');
  const [datasets, setDatasets] = useState<string[]>(search.get('dataset') ? [search.get('dataset') ?? ''] : []);
  const [modes, setModes] = useState<string[]>(['federated']);
  // Every cohort question reads these two; all else is the applicant's choice.
  const [wanted, setWanted] = useState<string[]>(['person', 'observation_period']);
  const [budget, setBudget] = useState<string | number>(20);
  const [from, setFrom] = useState(dayAfter(14));
  const [until, setUntil] = useState(dayAfter(379));
  const account = session?.account;
  const all = (catalogue.data?.datasets ?? []).filter((d) => d.kind !== 'solution');
  // A linked release joins the data of all holders: each of them is asked. It is kept by the combiner, who is not.
  const chosen = all.filter((d) => datasets.includes(d.id));
  const sites = chosen.some((d) => d.kind === 'release') ? all.filter((d) => d.kind === 'site') : chosen;
  const holders = [...new Set(sites.filter((d) => d.kind !== 'release').map((d) => d.holder))];
  const send = (event: FormEvent) => {
    event.preventDefault();
    submit.mutate(
      {
        title: { ko: title.trim(), en: title.trim() },
        people: [{ account: account?.id ?? '', name: both(account?.name), role: 'principal' }],
        holders, datasets, modes, tables: wanted, release: chosen.find((d) => d.kind === 'release')?.id ?? '',
        cohort: null, purpose_code: code_, ai_use: use === 'none' ? '' : use, commercial: commercial === 'yes',
        purpose: purpose.trim(), query_budget: Number(budget), valid_from: from, valid_until: until, forms: answers,
      },
      { onSuccess: (made) => navigate(`/applications/${encodeURIComponent(made.id)}`) },
    );
  };
  const ready = account && title.trim() && purpose.trim() && datasets.length > 0 && modes.length > 0 && wanted.length > 0;
  // Nobody fills in a long form to learn at its end that it cannot be sent.
  if (session && !account?.roles.includes('applicant'))
    return (
      <Page title={t('apply.title')} lead={t('apply.lead')} back={{ to: '/applications', label: t('nav.applications') }}>
        <Alert color="river" title={account ? t('apply.not_applicant') : t('error.sign_in')} data-testid="not-yet">
          <Text>{t(account ? 'apply.not_applicant_text' : 'apply.sign_in_text')}</Text>
          {!account && (
            <Button component={Link} to={`/sign-in?next=${encodeURIComponent(`/applications/new?${search.toString()}`)}`} size="xs" mt="sm">
              {t('session.sign_in')}
            </Button>
          )}
        </Alert>
      </Page>
    );
  return (
    <Page title={t('apply.title')} lead={t('apply.lead')} back={{ to: '/applications', label: t('nav.applications') }}>
      <form onSubmit={send}>
        <Stack gap="lg">
          <Section title={t('apply.what_for')}>
            <Stack>
              <TextInput label={t('apply.name')} value={title} onChange={(e) => setTitle(e.currentTarget.value)} required />
              <Textarea label={t('apply.purpose')} description={t('apply.purpose_hint')} value={purpose} onChange={(e) => setPurpose(e.currentTarget.value)} autosize minRows={3} required />
              <Select label={t('dossier.purpose_code')} data={purposes.map((p) => ({ value: p, label: `${both(terms.data?.terms[p]) || p} (${p})` }))} value={code_} onChange={setCode} allowDeselect={false} />
              <Select label={t('dossier.ai_use')} data={uses.map((u) => ({ value: u, label: u === 'none' ? t('dossier.ai_none') : code('ai', u) }))} value={use} onChange={(v) => setUse(v ?? 'none')} allowDeselect={false} />
              <Radio.Group label={t('dossier.commercial')} value={commercial} onChange={setCommercial}>
                <Group mt={6}>
                  <Radio value="no" label={t('common.no')} />
                  <Radio value="yes" label={t('common.yes')} />
                </Group>
              </Radio.Group>
            </Stack>
          </Section>
          <Section title={t('apply.which')}>
            <Stack>
              <Checkbox.Group label={t('dossier.datasets')} description={t('apply.datasets_hint')} value={datasets} onChange={setDatasets}>
                <Stack gap={8} mt={8}>
                  {all.map((d) => (
                    <Checkbox key={d.id} value={d.id} disabled={!d.usable} label={`${both(d.title) || d.id} (${d.holder})`} />
                  ))}
                </Stack>
              </Checkbox.Group>
              {holders.length > 0 && <Text size="sm">{t('apply.holders', { holders: holders.join(', ') })}</Text>}
              <Checkbox.Group label={t('dossier.modes')} value={modes} onChange={setModes}>
                <Group mt={8}>
                  {['federated', 'linked'].map((m) => (
                    <Checkbox key={m} value={m} label={code('mode', m)} />
                  ))}
                </Group>
              </Checkbox.Group>
              <Checkbox.Group label={t('dossier.tables')} value={wanted} onChange={setWanted}>
                <Group mt={8} gap="md">
                  {tables.map((name) => (
                    <Checkbox key={name} value={name} label={code('table', name)} />
                  ))}
                </Group>
              </Checkbox.Group>
              <Group align="flex-start">
                <NumberInput label={t('dossier.budget')} value={budget} onChange={setBudget} min={1} max={10000} allowDecimal={false} w={200} />
                <TextInput type="date" label={t('apply.from')} value={from} onChange={(e) => setFrom(e.currentTarget.value)} w={200} />
                <TextInput type="date" label={t('apply.until')} value={until} onChange={(e) => setUntil(e.currentTarget.value)} w={200} />
              </Group>
            </Stack>
          </Section>
          <Section title={t('apply.forms')} lead={t('apply.forms_lead')}>
            {(forms.data?.forms ?? []).map((form) => (
              <fieldset key={form.id} className="form-part">
                <legend>{both(form.title)}</legend>
                <Stack gap="sm">
                  {form.fields.map((field) => (
                    <Textarea
                      key={field.id}
                      label={both(field.title)}
                      autosize
                      minRows={1}
                      required={field.required}
                      value={answers[form.id]?.[field.id] ?? ''}
                      onChange={(e) => {
                        const value = e.currentTarget.value;
                        setAnswers((old) => ({ ...old, [form.id]: { ...old[form.id], [field.id]: value } }));
                      }}
                    />
                  ))}
                </Stack>
              </fieldset>
            ))}
          </Section>
          {submit.isError && <ErrorNotice error={submit.error} />}
          <Group>
            <Button type="submit" size="md" disabled={!ready} loading={submit.isPending}>
              {t('apply.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
