import { Alert, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import { useProgramme } from '../api/hooks';
import type { Programme } from '../api/types';
import { sideBars } from '../charts/options';
import { useWords } from '../lib/words';
import { Chart } from '../parts/Chart';
import { Digest, Empty, Facts, Figure, Loaded, Page, Section } from '../parts/Pieces';

function Classes({ programme }: { programme: Programme }) {
  const w = useWords();
  const { t, both, number, won } = w;
  const option = useMemo(
    () =>
      sideBars(
        w,
        programme.classes.map((c) => ({ name: both(c.title), parts: [c.places * c.grant_max - c.left, c.left] })),
        [t('programme.granted'), t('programme.left')],
      ),
    [programme, w, both, t],
  );
  return (
    <Section title={t('programme.classes')} lead={t('programme.classes_lead')}>
      <table className="plain" data-testid="classes">
        <thead>
          <tr>
            <th scope="col">{t('programme.class')}</th>
            <th scope="col" className="number">{t('programmes.places')}</th>
            <th scope="col" className="number">{t('programme.grant_max')}</th>
            <th scope="col" className="number">{t('programme.left')}</th>
          </tr>
        </thead>
        <tbody>
          {programme.classes.map((c) => (
            <tr key={c.id}>
              <th scope="row">{both(c.title)}</th>
              <td className="number">{t('programmes.places_of', { taken: number(c.places_taken), all: number(c.places) })}</td>
              <td className="number">{won(c.grant_max)}</td>
              <td className="number">{won(c.left)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" fw={600} mt="md">
        {t('programme.balance')}
      </Text>
      <Chart option={option} words={t('programme.balance_words', { granted: won(programme.granted), left: won(programme.left) })} height={110 + 46 * programme.classes.length} />
      <Text size="sm" mt="sm">
        {programme.sizes.map((s) => t('programme.copay', { size: both(s.title), percent: number(s.copay_percent) })).join(' · ')}
      </Text>
    </Section>
  );
}

function Vouchers({ programme }: { programme: Programme }) {
  const { t, both, won } = useWords();
  return (
    <Section title={t('programme.vouchers')}>
      {programme.vouchers.length === 0 ? (
        <Empty>{t('programme.vouchers_empty')}</Empty>
      ) : (
        <table className="plain" data-testid="vouchers">
          <thead>
            <tr>
              <th scope="col">{t('programme.voucher')}</th>
              <th scope="col">{t('programme.firm')}</th>
              <th scope="col">{t('programme.class')}</th>
              <th scope="col" className="number">{t('programme.grant')}</th>
              <th scope="col" className="number">{t('programme.copay_paid')}</th>
              <th scope="col" className="number">{t('programme.charged')}</th>
              <th scope="col" className="number">{t('programme.left')}</th>
            </tr>
          </thead>
          <tbody>
            {programme.vouchers.map((v) => (
              <tr key={v.id}>
                <th scope="row">{v.id}</th>
                <td>{v.organisation}</td>
                <td>{both(programme.classes.find((c) => c.id === v.class)?.title) || v.class}</td>
                <td className="number">{won(v.grant)}</td>
                <td className="number">{t('programme.paid_of', { paid: won(v.copay_paid), all: won(v.copay) })}</td>
                <td className="number">{won(v.charged)}</td>
                <td className="number">{won(v.left)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Ledger({ programme }: { programme: Programme }) {
  const { t, both, code, date, number, won } = useWords();
  // "programme:CLASS", "grant:VOUCHER", "spent:VOUCHER/HOLDER": the line names its voucher already.
  const account = (name: string, voucher: string) => {
    const [group = '', ...rest] = name.split(':');
    const of = rest.join(':');
    const words = both(programme.classes.find((c) => c.id === of)?.title) || (voucher && of.startsWith(voucher) ? of.slice(voucher.length + 1) : of);
    return [code('ledger_account', group), words].filter(Boolean).join(' · ');
  };
  return (
    <Section title={t('programme.ledger')} lead={t('programme.ledger_lead')}>
      <Alert color={programme.reconciliation.balanced ? 'green' : 'red'} mb="md" data-testid="balanced">
        {programme.reconciliation.balanced ? t('programme.balanced') : t('programme.unbalanced')}
      </Alert>
      <table className="plain" data-testid="ledger">
        <thead>
          <tr>
            <th scope="col" className="number">{t('programme.number')}</th>
            <th scope="col">{t('programme.at')}</th>
            <th scope="col">{t('programme.what')}</th>
            <th scope="col">{t('programme.postings')}</th>
            <th scope="col" className="number">{t('programme.amount')}</th>
          </tr>
        </thead>
        <tbody>
          {programme.transactions.map((line) => (
            <tr key={line.number}>
              <td className="number">{number(line.number)}</td>
              <td className="when">{date(line.at)}</td>
              <td>
                {code('ledger_kind', line.kind)}
                {line.voucher && <div style={{ fontSize: 13, color: '#4a5863' }}>{line.voucher}</div>}
              </td>
              <td>
                {line.postings.map((p, i) => (
                  <div key={`${p.account}-${i}`}>{account(p.account, line.voucher)}</div>
                ))}
              </td>
              <td className="number">
                {line.postings.map((p, i) => (
                  <div key={`${p.account}-${i}`}>{won(p.amount)}</div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function ProgrammePage() {
  const { id = '' } = useParams();
  const { t, both, number, won, date } = useWords();
  const query = useProgramme(id);
  return (
    <Page title={both(query.data?.title) || id} back={{ to: '/programmes', label: t('nav.programmes') }} lead={query.data && t('programme.source', { source: query.data.source })}>
      <Loaded query={query}>
        {(programme) => (
          <>
            <div className="card figures wide">
              <Figure name={t('programmes.places')} value={t('programmes.places_of', { taken: number(programme.places_taken), all: number(programme.places) })} />
              <Figure name={t('programmes.budget')} value={won(programme.budget)} />
              <Figure name={t('programmes.granted')} value={won(programme.granted)} />
              <Figure name={t('programme.copaid')} value={won(programme.copaid)} />
              <Figure name={t('programmes.spent')} value={won(programme.spent)} />
            </div>
            <Classes programme={programme} />
            <Vouchers programme={programme} />
            <Ledger programme={programme} />
            <Section title={t('programme.rules')}>
              <Facts
                items={[
                  { name: t('programme.open_dates'), value: `${date(programme.opens)} – ${date(programme.closes)}` },
                  { name: t('programme.version'), value: number(programme.version) },
                  { name: t('programme.hash'), value: <Digest value={programme.hash} /> },
                ]}
              />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
