import { Button, Group } from '@mantine/core';
import { Link } from 'react-router';
import { useApplications, useSession } from '../api/hooks';
import { useWords } from '../lib/words';
import { Empty, Loaded, Page, State } from '../parts/Pieces';

export function Applications() {
  const { t, both, code, date } = useWords();
  const query = useApplications();
  const { data: session } = useSession();
  const mayApply = session?.account?.roles.includes('applicant') ?? false;
  return (
    <Page title={t('applications.title')} lead={t('applications.lead')}>
      {mayApply && (
        <Group>
          <Button component={Link} to="/applications/new">
            {t('applications.new')}
          </Button>
        </Group>
      )}
      <Loaded query={query}>
        {({ applications }) =>
          applications.length === 0 ? (
            <Empty>{t('applications.empty')}</Empty>
          ) : (
            <div className="card">
              <table className="plain" data-testid="applications">
                <thead>
                  <tr>
                    <th scope="col">{t('applications.application')}</th>
                    <th scope="col">{t('applications.organisation')}</th>
                    <th scope="col">{t('applications.stands_at')}</th>
                    <th scope="col">{t('applications.deadline')}</th>
                    <th scope="col">{t('applications.yours')}</th>
                  </tr>
                </thead>
                <tbody>
                  {applications.map((a) => (
                    <tr key={a.id}>
                      <th scope="row">
                        <Link to={`/applications/${encodeURIComponent(a.id)}`}>{both(a.title) || a.id}</Link>
                        <div style={{ fontWeight: 400, color: '#4a5863', fontSize: 13 }}>
                          {a.id} · {t('applications.submitted', { date: date(a.submitted_at) })}
                        </div>
                      </th>
                      <td>{a.organisation}</td>
                      <td>{a.closed ? <State group="outcome" value={a.outcome} /> : both(a.step.title)}</td>
                      <td>
                        {a.closed ? t('common.none') : date(a.next_deadline)} {a.breached && <State group="clock" value="late" />}
                      </td>
                      <td>{a.actions.filter((x) => x !== 'withdraw').map((x) => code('action', x)).join(', ') || t('applications.nothing')}</td>
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
