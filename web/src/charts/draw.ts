import langKO from 'echarts/i18n/langKO-obj.js';
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, registerLocale, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Language } from '../lib/words';

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);
registerLocale('KO', langKO);

export function draw(place: HTMLElement, language: Language) {
  return init(place, null, { renderer: 'svg', locale: language === 'ko' ? 'KO' : 'EN' });
}
