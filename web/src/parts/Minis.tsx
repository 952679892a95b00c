import { seriesColors } from '../theme';
import { useWords } from '../lib/words';
import type { DemonstrationFigure, WatchedPeriod } from '../api/types';

const width = 236;
const pad = 6;

/** One estimate with its interval on an axis that every card shares, so that cards compare at a glance. */
export function MiniInterval({ name, figure, from, to, mark, log = false, none }: { name: string; figure: DemonstrationFigure | null; from: number; to: number; mark: number; log?: boolean; none: string }) {
  const { decimal } = useWords();
  const scale = log ? Math.log : (n: number) => n;
  const x = (n: number) => pad + ((scale(Math.min(Math.max(n, from), to)) - scale(from)) / (scale(to) - scale(from))) * (width - 2 * pad);
  const value = figure?.estimate ?? null;
  const words = value == null ? none : figure?.lo != null && figure.hi != null ? `${decimal(value)} (${decimal(figure.lo)}–${decimal(figure.hi)})` : decimal(value);
  return (
    <div className="mini">
      <div className="mini-name">
        <span>{name}</span>
        <span className={value == null ? 'mini-none' : 'digits'}>{words}</span>
      </div>
      <svg viewBox={`0 0 ${width} 18`} role="img" aria-label={`${name}: ${words}`}>
        <line x1={pad} x2={width - pad} y1={9} y2={9} stroke="#dfe5e9" />
        <line x1={x(mark)} x2={x(mark)} y1={2} y2={16} stroke="#6b7a86" strokeDasharray="2 2" />
        {value != null && figure?.lo != null && figure.hi != null && <line x1={x(figure.lo)} x2={x(figure.hi)} y1={9} y2={9} stroke="#0b4a6f" strokeWidth={3} />}
        {value != null && <circle cx={x(value)} cy={9} r={4.5} fill="#0b4a6f" />}
      </svg>
    </div>
  );
}

/** Observed over expected of each watched period, and whether it stayed within the programme's limits. */
export function MiniWatch({ name, periods, low, high, none }: { name: string; periods: WatchedPeriod[]; low: number; high: number; none: string }) {
  const { t, decimal } = useWords();
  const known = periods.filter((p) => p.o_e.estimate != null);
  // Sites stand beside each other: a line each over the same periods.
  const days = [...new Set(known.map((p) => p.period))].sort().slice(-12);
  const shown = known.filter((p) => days.includes(p.period));
  const sites = [...new Set(shown.map((p) => p.site))].sort();
  // From half to twice the expected, on a log scale.
  const y = (n: number) => 44 - (Math.log(Math.min(Math.max(n, 0.5), 2) / 0.5) / Math.log(4)) * 40;
  const step = (width - 2 * pad) / Math.max(days.length, 1);
  const x = (p: WatchedPeriod) => pad + step * (days.indexOf(p.period) + 0.5);
  const colour = (p: WatchedPeriod) => (p.within ? (seriesColors[sites.indexOf(p.site) % seriesColors.length] ?? '#0b4a6f') : '#b34700');
  const words = shown.length === 0 ? none : shown.map((p) => `${p.site} ${p.period} ${decimal(p.o_e.estimate, 2)}${p.within ? '' : ` ${t('demo.outside')}`}`).join(', ');
  return (
    <div className="mini">
      <div className="mini-name">
        <span>{name}</span>
        <span className={shown.length === 0 ? 'mini-none' : 'digits'}>{shown.length === 0 ? none : decimal(shown[shown.length - 1]?.o_e.estimate, 2)}</span>
      </div>
      <svg viewBox={`0 0 ${width} 48`} role="img" aria-label={`${name}: ${words}`}>
        <rect x={pad} width={width - 2 * pad} y={y(high)} height={y(low) - y(high)} fill="#eef2f4" />
        <line x1={pad} x2={width - pad} y1={y(1)} y2={y(1)} stroke="#6b7a86" strokeDasharray="2 2" />
        {sites.map((site, i) => (
          <polyline key={site} fill="none" stroke={seriesColors[i % seriesColors.length]} strokeWidth={1.5} points={shown.filter((p) => p.site === site).map((p) => `${x(p)},${y(p.o_e.estimate ?? 1)}`).join(' ')} />
        ))}
        {shown.map((p) =>
          p.within ? (
            <circle key={`${p.site} ${p.period}`} cx={x(p)} cy={y(p.o_e.estimate ?? 1)} r={3.2} fill={colour(p)} />
          ) : (
            <rect key={`${p.site} ${p.period}`} x={x(p) - 4} y={y(p.o_e.estimate ?? 1) - 4} width={8} height={8} fill={colour(p)} />
          ),
        )}
      </svg>
    </div>
  );
}
