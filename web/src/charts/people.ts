import type { EChartsCoreOption } from 'echarts/core';
import { seriesColors } from '../theme';
import type { Words } from '../lib/words';

const text = { color: '#24313a', fontFamily: 'Pretendard, "Noto Sans KR", "NanumSquareRound", "NanumGothic", sans-serif', fontSize: 13 };
const axis = { axisLabel: text, nameTextStyle: { ...text, fontWeight: 600 }, axisLine: { lineStyle: { color: '#6b7a86' } }, splitLine: { lineStyle: { color: '#e6ebef' } } };

/** Age bands upwards, women to the left, men to the right; a withheld figure has no bar. */
export function pyramid(w: Words, bands: string[], women: (number | null)[], men: (number | null)[], names: [string, string], x: string): EChartsCoreOption {
  const size = (v: number) => w.number(Math.abs(v));
  const side = (name: string, values: (number | null)[], color: string | undefined) => ({ type: 'bar', name, stack: 'all', barMaxWidth: 22, data: values, itemStyle: { color } });
  return {
    animation: false,
    textStyle: text,
    legend: { top: 0, textStyle: text, icon: 'roundRect' },
    tooltip: { trigger: 'item', confine: true, valueFormatter: (v: unknown) => (typeof v === 'number' ? size(v) : w.t('answer.withheld')) },
    grid: { left: 64, right: 20, top: 34, bottom: 48 },
    xAxis: { ...axis, type: 'value', nameLocation: 'middle', nameGap: 30, name: x, axisLabel: { ...text, formatter: size, hideOverlap: true } },
    yAxis: { ...axis, type: 'category', data: bands, axisTick: { show: false } },
    series: [side(names[0], women.map((n) => (n == null ? null : -n)), seriesColors[1]), side(names[1], men, seriesColors[0])],
  };
}

/** Shares of records and of codes that have a standard concept, one pair of bars per table or code system. */
export function shares(w: Words, rows: { name: string; records: number | null; codes: number | null }[], names: [string, string]): EChartsCoreOption {
  const bar = (name: string, values: (number | null)[], color: string | undefined) => ({
    type: 'bar', name, barMaxWidth: 14, data: values, itemStyle: { color },
    label: { show: true, position: 'right', ...text, fontSize: 12, formatter: (p: { value: unknown }) => (typeof p.value === 'number' ? w.percent(p.value) : '') },
  });
  return {
    animation: false,
    textStyle: text,
    legend: { top: 0, textStyle: text, icon: 'roundRect' },
    tooltip: { trigger: 'item', confine: true, valueFormatter: (v: unknown) => (typeof v === 'number' ? w.percent(v) : w.t('answer.withheld')) },
    grid: { left: 110, right: 56, top: 34, bottom: 30 },
    xAxis: { ...axis, type: 'value', min: 0, max: 1, axisLabel: { ...text, formatter: (v: number) => w.percent(v) } },
    yAxis: { ...axis, type: 'category', inverse: true, data: rows.map((r) => r.name), axisTick: { show: false }, axisLabel: { ...text, width: 100, overflow: 'truncate' } },
    series: [bar(names[0], rows.map((r) => r.records), seriesColors[0]), bar(names[1], rows.map((r) => r.codes), '#8abad3')],
  };
}
