import type { Estimate } from '../api/types';
import { useWords, type Both } from '../lib/words';

/** "0.742 (0.728–0.756)", or why there is no figure. */
export function EstimateText({ value, digits = 3, reasons }: { value: Estimate | null | undefined; digits?: number; reasons?: Record<string, Both> }) {
  const { t, both, decimal } = useWords();
  if (!value) return <>{t('common.none')}</>;
  if (value.estimate == null) return <span className="withheld">{both(reasons?.[value.reason ?? '']) || t('answer.withheld')}</span>;
  const [low, high] = value.ci95 ?? [null, null];
  return (
    <span className="digits">
      {decimal(value.estimate, digits)}
      {low != null && high != null && <span style={{ color: '#4a5863', whiteSpace: 'nowrap' }}>{` (${decimal(low, digits)}–${decimal(high, digits)})`}</span>}
    </span>
  );
}
