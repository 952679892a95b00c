import { Alert, Text } from '@mantine/core';
import type { AttackFigure, AttackerRisk, Risk } from '../api/types';
import { useWords, type Words } from '../lib/words';
import { Section } from './Pieces';

/** A share rounded to a step; the smallest step reads as "under", never as none. */
function shareWords(w: Words, share: number | null | undefined, step: number | null | undefined) {
  if (share == null || step == null) return w.t('risk.too_few');
  if (share === 0) return w.t('risk.under', { share: w.percent(step / 2) });
  return w.percent(share);
}

function Attackers({ attackers, compared }: { attackers: AttackerRisk[]; compared: boolean }) {
  const w = useWords();
  const { t, both, code } = w;
  return (
    <table className="plain" data-testid="attackers">
      <caption>{t('risk.attackers')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('risk.attacker')}</th>
          <th scope="col">{t('risk.knows')}</th>
          {compared && <th scope="col" className="number">{t('risk.alone_before')}</th>}
          <th scope="col" className="number">{t(compared ? 'risk.alone_after' : 'risk.alone')}</th>
          <th scope="col" className="number">{t('risk.found')}</th>
          <th scope="col" className="number">{t('risk.unknown')}</th>
        </tr>
      </thead>
      <tbody>
        {attackers.map((attacker) => {
          const now = attacker.after ?? attacker.before;
          return (
            <tr key={attacker.id}>
              <th scope="row">{code('attacker', attacker.id)}</th>
              <td>{both(attacker.knows)}</td>
              {compared && <td className="number">{shareWords(w, attacker.before.unique, attacker.before.step)}</td>}
              <td className="number">{shareWords(w, now.unique, now.step)}</td>
              <td className="number">{shareWords(w, now.found, now.step)}</td>
              <td className="number">{now.unknown == null ? t('common.none') : t('risk.at_most', { share: `${Number((now.unknown * 100).toPrecision(1))}%` })}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Attacks({ attacks, max }: { attacks: AttackFigure[]; max: number }) {
  const { t, both, code, decimal, number } = useWords();
  return (
    <>
      <Text size="sm" mt="lg" mb="xs">
        {t('risk.attacks_about', { max: decimal(max, 2) })}
      </Text>
      <table className="plain" data-testid="attacks">
        <caption>{t('risk.attacks')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('risk.attack')}</th>
            <th scope="col">{t('risk.tried')}</th>
            <th scope="col" className="number">{t('risk.questions')}</th>
            <th scope="col" className="number">{t('risk.advantage')}</th>
            <th scope="col" className="number">{t('risk.interval')}</th>
            <th scope="col">{t('risk.verdict')}</th>
          </tr>
        </thead>
        <tbody>
          {attacks.map((attack) => (
            <tr key={attack.name}>
              <th scope="row">{code('attack', attack.name)}</th>
              <td>{both(attack.what)}</td>
              <td className="number">{number(attack.questions)}</td>
              <td className="number">{decimal(attack.advantage, 2)}</td>
              <td className="number">{t('risk.from_to', { from: decimal(attack.ci95[0], 2), to: decimal(attack.ci95[1], 2) })}</td>
              <td>{t(attack.within ? 'risk.within' : 'risk.above')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The page for a review board: who could find somebody, before and after protection, and what questions could reach. */
export function RiskBoard({ risk }: { risk: Risk }) {
  const { t, code } = useWords();
  const attackers = risk.attackers ?? [];
  if (attackers.length === 0) return null;
  const worst = attackers.map((a) => ({ id: a.id, share: (a.after ?? a.before).unique ?? 0 })).reduce((x, y) => (y.share > x.share ? y : x));
  return (
    <Section title={t('risk.title')} lead={t('risk.lead')}>
      <div data-testid="risk-board">
        {risk.demonstration && (
          <Alert color="river" mb="md">
            {t('risk.demonstration', { policy: risk.policy ?? '' })}
          </Alert>
        )}
        {worst.share > 0 && (
          <Alert color="orange" mb="md">
            {t('risk.worst', { attacker: code('attacker', worst.id) })}
          </Alert>
        )}
        <Attackers attackers={attackers} compared={attackers.some((a) => a.after)} />
        {risk.attack?.attacks && <Attacks attacks={risk.attack.attacks} max={risk.attack.advantage_max ?? 0} />}
        <Text size="sm" mt="md" c="dark.7">
          {t(risk.impact_assessment_due ? 'risk.impact_due' : 'risk.impact_not_due')} {t('risk.rounded')}
        </Text>
      </div>
    </Section>
  );
}
