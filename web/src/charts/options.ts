import type { EChartsCoreOption } from 'echarts/core';
import { seriesColors } from '../theme';
import type { Words } from '../lib/words';

const text = { color: '#24313a', fontFamily: 'Pretendard, "Noto Sans KR", "NanumSquareRound", "NanumGothic", sans-serif', fontSize: 13 };
const axis = { axisLabel: { ...text, hideOverlap: true }, nameTextStyle: { ...text, fontWeight: 600 }, axisLine: { lineStyle: { color: '#6b7a86' } }, splitLine: { lineStyle: { color: '#e6ebef' } } };
const shared = {
  animation: false,
  color: seriesColors,
  textStyle: text,
  tooltip: { trigger: 'item', confine: true },
  legend: { top: 0, textStyle: text, icon: 'roundRect' },
};
const unit = { ...axis, type: 'value', min: 0, max: 1 };
const middle = { nameLocation: 'middle', nameGap: 36 };
const dashed = { type: 'dashed', color: '#6b7a86' };

export interface Named {
  name: string;
  points: [number, number | null][];
  /** ends of each point's interval */
  low?: (number | null)[];
  high?: (number | null)[];
}

/** Vertical lines from low to high through each point. */
function whiskers(line: Named, color: string) {
  return {
    type: 'custom', name: line.name, silent: true, tooltip: { show: false }, clip: true,
    data: line.points.map((p, i) => [p[0], line.low?.[i] ?? Number.NaN, line.high?.[i] ?? Number.NaN]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: { value: (n: number) => number; coord: (p: number[]) => number[] }) => {
      if (Number.isNaN(api.value(1))) return { type: 'group', children: [] };
      const [x = 0, y1 = 0] = api.coord([api.value(0), api.value(1)]);
      const [, y2 = 0] = api.coord([api.value(0), api.value(2)]);
      return { type: 'line', shape: { x1: x, y1, x2: x, y2 }, style: { stroke: color, lineWidth: 1.5 } };
    },
  };
}

/** Curves in the unit square with the diagonal: ROC and calibration. */
export function square(w: Words, lines: Named[], x: string, y: string, diagonal: string, dots: boolean, most = 1): EChartsCoreOption {
  return {
    ...shared,
    grid: { left: 64, right: 24, top: 44, bottom: 52 },
    xAxis: { ...unit, max: most, ...middle, name: x },
    yAxis: { ...unit, max: most, ...middle, nameGap: 44, name: y },
    series: [
      ...lines.map((line) => ({
        type: 'line', name: line.name, data: line.points, showSymbol: dots, symbolSize: 8, lineStyle: { width: 2 },
        tooltip: { valueFormatter: (v: unknown) => (typeof v === 'number' ? w.decimal(v) : String(v)) },
      })),
      ...lines.filter((line) => line.low).map((line, i) => whiskers(line, seriesColors[i] ?? '#0b4a6f')),
      { type: 'line', name: diagonal, data: [[0, 0], [most, most]], showSymbol: false, lineStyle: dashed, itemStyle: { color: '#6b7a86' }, silent: true },
    ],
  };
}

export function decision(w: Words, rows: { threshold: number; model: number | null; all: number | null; none: number }[]): EChartsCoreOption {
  // A fall far below zero tells nothing more: the axis ends on a round step just below it.
  const highest = Math.max(0.001, ...rows.map((r) => Math.max(r.model ?? 0, r.all ?? 0)));
  const step = 10 ** Math.floor(Math.log10(highest));
  const most = Math.ceil((highest * 1.05) / step) * step;
  const least = -step;
  const line = (name: string, pick: (r: (typeof rows)[number]) => number | null, style: object) => ({
    type: 'line', name, data: rows.map((r) => [r.threshold, pick(r)]), showSymbol: false, lineStyle: { width: 2, ...style }, clip: true,
  });
  return {
    ...shared,
    grid: { left: 72, right: 24, top: 44, bottom: 52 },
    xAxis: { ...axis, type: 'value', min: 0, ...middle, name: w.t('evidence.threshold') },
    yAxis: { ...axis, type: 'value', min: least, max: Number(most.toPrecision(4)), ...middle, nameGap: 52, name: w.t('evidence.net_benefit') },
    series: [
      line(w.t('evidence.with_solution'), (r) => r.model, {}),
      line(w.t('evidence.treat_all'), (r) => r.all, { type: 'dotted' }),
      line(w.t('evidence.treat_none'), (r) => r.none, { type: 'dashed' }),
    ],
  };
}

export interface ForestRow {
  name: string;
  estimate: number | null;
  low: number | null;
  high: number | null;
  weight: number | null;
  pooled: boolean;
  /** said in place of a figure that is not there */
  note: string;
}

/** One line per site, its interval and a square as large as the site; the pooled one is a diamond. */
export function forest(w: Words, rows: ForestRow[], name: string): EChartsCoreOption {
  const known = rows.filter((r) => r.estimate != null);
  const lows = known.map((r) => r.low ?? r.estimate ?? 0.5);
  const highs = known.map((r) => r.high ?? r.estimate ?? 0.5);
  const least = Math.max(0, Math.floor(20 * Math.min(0.5, ...lows)) / 20);
  const most = Math.min(1, Math.ceil(20 * Math.max(0.6, ...highs)) / 20);
  const heaviest = Math.max(1, ...rows.map((r) => (r.pooled ? 0 : (r.weight ?? 0))));
  const wide: EChartsCoreOption = {
    ...shared,
    legend: { show: false },
    grid: { left: 170, right: 220, top: 12, bottom: 52 },
    xAxis: { ...axis, type: 'value', min: least, max: most, ...middle, name },
    yAxis: [
      { ...axis, type: 'category', inverse: true, data: rows.map((r) => r.name), axisTick: { show: false } },
      {
        ...axis, type: 'category', inverse: true, position: 'right', axisTick: { show: false }, axisLine: { show: false },
        data: rows.map((r) => (r.estimate == null ? r.note || w.t('common.none') : `${w.decimal(r.estimate)} (${w.decimal(r.low)}–${w.decimal(r.high)})`)),
      },
    ],
    series: [
      {
        type: 'custom',
        name,
        data: rows.map((r, i) => [i, r.estimate ?? Number.NaN, r.low ?? Number.NaN, r.high ?? Number.NaN]),
        encode: { x: [1, 2, 3], y: 0 },
        tooltip: { show: false },
        renderItem: (_: unknown, api: { value: (n: number) => number; coord: (p: number[]) => number[] }) => {
          const i = api.value(0);
          const row = rows[i];
          if (!row || row.estimate == null) return { type: 'group', children: [] };
          const [x = 0, y = 0] = api.coord([row.estimate, i]);
          const [x1 = x] = api.coord([row.low ?? row.estimate, i]);
          const [x2 = x] = api.coord([row.high ?? row.estimate, i]);
          const half = row.pooled ? 9 : 4 + 6 * Math.sqrt((row.weight ?? 0) / heaviest);
          const color = row.pooled ? '#b34700' : '#0b4a6f';
          const shape = row.pooled
            ? { type: 'polygon', shape: { points: [[x1, y], [x, y - half], [x2, y], [x, y + half]] }, style: { fill: color } }
            : { type: 'rect', shape: { x: x - half, y: y - half, width: 2 * half, height: 2 * half }, style: { fill: color } };
          return { type: 'group', children: [{ type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { stroke: color, lineWidth: 2 } }, shape] };
        },
        markLine: { symbol: 'none', silent: true, data: [{ xAxis: 0.5 }], lineStyle: dashed, label: { show: false } },
      },
    ],
  };  // On a phone the table beneath has the figures, and the lines need the room.
  const figures = (show: boolean) => [{ axisLabel: { width: show ? 160 : 96, overflow: 'break' } }, { axisLabel: { show } }];
  return {
    baseOption: wide,
    media: [
      { query: { maxWidth: 520 }, option: { grid: { left: 108, right: 16 }, yAxis: figures(false) } },
      { option: { grid: { left: 170, right: 220 }, yAxis: figures(true) } },
    ],
  };
}

/** Bars with the value written on them; a missing value leaves its place empty and hatched. */
export function bars(w: Words, rows: { name: string; value: number | null }[], y: string, formatted: (n: number) => string = w.number): EChartsCoreOption {
  return {
    ...shared,
    legend: { show: false },
    grid: { left: 76, right: 24, top: 30, bottom: 44 },
    tooltip: { show: false },
    xAxis: { ...axis, type: 'category', data: rows.map((r) => r.name), axisTick: { show: false }, axisLabel: { ...text, interval: 0 } },
    yAxis: { ...axis, type: 'value', name: y, axisLabel: { ...axis.axisLabel, formatter: (v: number) => formatted(v) } },
    series: [
      {
        type: 'bar', barMaxWidth: 72, data: rows.map((r) => r.value),
        label: { show: true, position: 'top', ...text, formatter: (p: { dataIndex: number }) => { const v = rows[p.dataIndex]?.value; return v == null ? '' : formatted(v); } },
      },
    ],
  };
}

export function sideBars(w: Words, rows: { name: string; parts: number[] }[], names: string[]): EChartsCoreOption {
  return {
    ...shared,
    color: [seriesColors[0] ?? '', '#b4d2e2'],
    grid: { left: 150, right: 40, top: 40, bottom: 52 },
    tooltip: { trigger: 'item', valueFormatter: (v: unknown) => (typeof v === 'number' ? w.won(v) : '') },
    xAxis: { ...axis, type: 'value', ...middle, name: w.t('common.millions'), axisLabel: { ...axis.axisLabel, formatter: (v: number) => w.number(Math.round(v / 1e6)) } },
    yAxis: { ...axis, type: 'category', inverse: true, data: rows.map((r) => r.name), axisTick: { show: false } },
    series: names.map((name, i) => ({ type: 'bar', name, stack: 'all', barMaxWidth: 28, data: rows.map((r) => r.parts[i] ?? 0) })),
  };
}

/** Groups of bars over bands: one colour per group; a withheld value has no bar. */
export function stacked(w: Words, bands: string[], groups: { name: string; values: (number | null)[] }[], y: string): EChartsCoreOption {
  return {
    ...shared,
    legend: { ...shared.legend, left: 'auto', right: 8 },
    grid: { left: 64, right: 16, top: 44, bottom: 44 },
    tooltip: { trigger: 'item', valueFormatter: (v: unknown) => (typeof v === 'number' ? w.number(v) : w.t('answer.withheld')) },
    xAxis: { ...axis, type: 'category', data: bands, axisTick: { show: false }, axisLabel: bands.length > 4 ? axis.axisLabel : { ...text, interval: 0, width: 84, overflow: 'break' } },
    yAxis: { ...axis, type: 'value', name: y, axisLabel: { ...axis.axisLabel, formatter: (v: number) => w.number(v) } },
    series: groups.map((g) => ({ type: 'bar', name: g.name, barMaxWidth: 24, data: g.values })),
  };
}
