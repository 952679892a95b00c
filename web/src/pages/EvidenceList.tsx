import { Link } from 'react-router';
import { useEvidenceList } from '../api/hooks';
import { useWords } from '../lib/words';
import { EstimateText } from '../parts/EstimateText';
import { Chips, Empty, Loaded, Page } from '../parts/Pieces';

export function EvidenceList() {
  const { t, both, date } = useWords();
  const query = useEvidenceList();
  return (
    <Page title={t('evidence.list_title')} lead={t('evidence.list_lead')}>
      <Loaded query={query}>
        {({ evidence }) =>
          evidence.length === 0 ? (
            <Empty>{t('evidence.empty')}</Empty>
          ) : (
            <div className="card">
              <table className="plain" data-testid="evidence-list">
                <thead>
                  <tr>
                    <th scope="col">{t('evidence.report')}</th>
                    <th scope="col">{t('evidence.solution')}</th>
                    <th scope="col">{t('evidence.auroc_ci')}</th>
                    <th scope="col">{t('evidence.sites')}</th>
                    <th scope="col">{t('evidence.sealed_at')}</th>
                  </tr>
                </thead>
                <tbody>
                  {evidence.map((e) => (
                    <tr key={e.id}>
                      <th scope="row">
                        <Link to={`/evidence/${encodeURIComponent(e.id)}`}>{both(e.title) || e.id}</Link>
                      </th>
                      <td>{e.solution}</td>
                      <td>
                        <EstimateText value={e.auroc} />
                      </td>
                      <td>
                        <Chips values={e.sites} />
                      </td>
                      <td>{date(e.sealed_at)}</td>
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
