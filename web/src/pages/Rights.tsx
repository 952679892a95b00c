import { Link } from 'react-router';
import { useRights } from '../api/hooks';
import { useWords } from '../lib/words';
import { Chips, Empty, Loaded, Meter, Page, State } from '../parts/Pieces';

export function Rights() {
  const { t, date, code } = useWords();
  const query = useRights();
  return (
    <Page title={t('rights.title')} lead={t('rights.lead')}>
      <Loaded query={query}>
        {({ rights }) =>
          rights.length === 0 ? (
            <Empty>{t('rights.empty')}</Empty>
          ) : (
            <div className="card">
              <table className="plain" data-testid="rights">
                <thead>
                  <tr>
                    <th scope="col">{t('right.right')}</th>
                    <th scope="col">{t('right.state')}</th>
                    <th scope="col">{t('right.meter')}</th>
                    <th scope="col">{t('right.until')}</th>
                    <th scope="col">{t('right.modes')}</th>
                    <th scope="col">{t('right.sites')}</th>
                  </tr>
                </thead>
                <tbody>
                  {rights.map(({ right, state, meter }) => (
                    <tr key={right.id}>
                      <th scope="row">
                        <Link to={`/rights/${encodeURIComponent(right.id)}`} style={{ whiteSpace: 'nowrap' }}>{right.id}</Link>
                        <div style={{ fontWeight: 400, fontSize: 13, color: '#4a5863' }}>{right.organisation}</div>
                      </th>
                      <td>
                        <State group="right_state" value={state} />
                      </td>
                      <td>{meter.used == null ? t('right.meter_unknown') : <Meter used={meter.used} budget={meter.budget} />}</td>
                      <td className="when">{date(right.valid_until)}</td>
                      <td>{right.modes.map((m) => code('mode', m)).join(', ')}</td>
                      <td>
                        <Chips values={right.sites} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
