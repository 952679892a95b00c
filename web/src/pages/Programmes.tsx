import { Link } from 'react-router';
import { useProgrammes } from '../api/hooks';
import { useWords } from '../lib/words';
import { Empty, Loaded, Page } from '../parts/Pieces';

export function Programmes() {
  const { t, both, number, won } = useWords();
  const query = useProgrammes();
  return (
    <Page title={t('programmes.title')} lead={t('programmes.lead')}>
      <Loaded query={query}>
        {({ programmes }) =>
          programmes.length === 0 ? (
            <Empty>{t('programmes.empty')}</Empty>
          ) : (
            <div className="card">
              <table className="plain" data-testid="programmes">
                <thead>
                  <tr>
                    <th scope="col">{t('programmes.programme')}</th>
                    <th scope="col" className="number">{t('programmes.places')}</th>
                    <th scope="col" className="number">{t('programmes.budget')}</th>
                    <th scope="col" className="number">{t('programmes.granted')}</th>
                    <th scope="col" className="number">{t('programmes.spent')}</th>
                  </tr>
                </thead>
                <tbody>
                  {programmes.map((p) => (
                    <tr key={p.id}>
                      <th scope="row">
                        <Link to={`/programmes/${encodeURIComponent(p.id)}`}>{both(p.title) || p.id}</Link>
                      </th>
                      <td className="number">{t('programmes.places_of', { taken: number(p.places_taken), all: number(p.places) })}</td>
                      <td className="number">{won(p.budget)}</td>
                      <td className="number">{won(p.granted)}</td>
                      <td className="number">{won(p.spent)}</td>
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
