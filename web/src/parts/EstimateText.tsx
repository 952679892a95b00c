import type { Estimate } from '../api/types';
import { useWords, type Both } from '../lib/words';

/** "0.742 (0.728–0.756)", or why there is no figure. */
export function EstimateText({ value, digits = 3, reasons }: { value: Estimate | null | undefined; digits?: number; reasons?: Record<string, Both> }) {
  const { t, both, decimal } = useWords();
  if (!value) return <>{t('common.none')}</>;
  if (value.estimate == null) {
    const why = both(reasons?.[value.reason ?? '']);
    // The common reason stands once below the table; a rarer one is said in place.
    return (
      <span className="withheld" title={why}>
        {value.reason === 'suppressed' || !why ? t('answer.withheld') : why}
      </span>
    );
  }
  const [low, high] = value.ci95 ?? [null, null];
  const apart = low != null && low < 0 ? ', ' : '–';
  return (
    <span className="digits">
      {decimal(value.estimate, digits)}
      {low != null && high != null && <span style={{ color: '#4a5863', whiteSpace: 'nowrap' }}>{` (${decimal(low, digits)}${apart}${decimal(high, digits)})`}</span>}
    </span>
  );
}

/** Said once below a table in which something is withheld. */
export function Withheld({ values, reasons }: { values: (Estimate | null | undefined)[]; reasons: Record<string, Both> }) {
  const { t, both } = useWords();
  if (!values.some((value) => value?.estimate == null && value?.reason === 'suppressed')) return null;
  return (
    <p style={{ margin: '10px 0 0', fontSize: 14 }}>
      <span className="withheld">{t('answer.withheld')}</span> {both(reasons.suppressed)}
    </p>
  );
}
