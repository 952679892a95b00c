import { lazy, Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { Shell } from './parts/Shell';
import { Page, Waiting } from './parts/Pieces';
import { useWords } from './lib/words';
import { ApplicationPage } from './pages/Application';
import { Applications } from './pages/Applications';
import { Apply } from './pages/Apply';
import { Ask } from './pages/Ask';
import { Audit } from './pages/Audit';
import { CataloguePage } from './pages/Catalogue';
import { DatasetPage } from './pages/Dataset';
import { DemonstrationPage } from './pages/Demonstration';
import { EvidenceList } from './pages/EvidenceList';
import { EvidencePage } from './pages/Evidence';
import { Home } from './pages/Home';
import { ProgrammePage } from './pages/Programme';
import { Programmes } from './pages/Programmes';
import { QualityPage } from './pages/Quality';
import { RightPage } from './pages/Right';
import { Rights } from './pages/Rights';
import { SignIn } from './pages/SignIn';
import { UsesPage } from './pages/Uses';

// Two large pages that few people open come when they are asked for.
const CohortPage = lazy(() => import('./pages/Cohort').then((m) => ({ default: m.CohortPage })));
const DepositPage = lazy(() => import('./pages/Deposit').then((m) => ({ default: m.DepositPage })));

function Nowhere() {
  const { t } = useWords();
  return (
    <Page title={t('nowhere.title')} back={{ to: '/', label: t('nav.home') }}>
      {t('nowhere.text')}
    </Page>
  );
}

export function App() {
  return (
    <Shell>
      <Suspense fallback={<Waiting />}>
      <Routes>
        <Route path="/" element={<Home />} />
        <Route path="/sign-in" element={<SignIn />} />
        <Route path="/catalogue" element={<CataloguePage />} />
        <Route path="/catalogue/:id" element={<DatasetPage />} />
        <Route path="/catalogue/:id/quality" element={<QualityPage />} />
        <Route path="/applications" element={<Applications />} />
        <Route path="/applications/new" element={<Apply />} />
        <Route path="/applications/:id" element={<ApplicationPage />} />
        <Route path="/rights" element={<Rights />} />
        <Route path="/rights/:id" element={<RightPage />} />
        <Route path="/programmes" element={<Programmes />} />
        <Route path="/programmes/:id" element={<ProgrammePage />} />
        <Route path="/deposits/new" element={<DepositPage />} />
        <Route path="/cohorts" element={<CohortPage />} />
        <Route path="/demonstrations" element={<DemonstrationPage />} />
        <Route path="/demonstrations/:id" element={<DemonstrationPage />} />
        <Route path="/ask" element={<Ask />} />
        <Route path="/evidence" element={<EvidenceList />} />
        <Route path="/evidence/:id" element={<EvidencePage />} />
        <Route path="/uses" element={<UsesPage />} />
        <Route path="/audit" element={<Audit />} />
        <Route path="*" element={<Nowhere />} />
      </Routes>
      </Suspense>
    </Shell>
  );
}
