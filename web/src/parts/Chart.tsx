import { Box, Loader } from '@mantine/core';
import type { EChartsCoreOption } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useWords } from '../lib/words';

type Drawn = { setOption: (option: EChartsCoreOption, replace: boolean) => void; resize: () => void; dispose: () => void };

/** The charts' library comes only with the first chart. `words` tells a screen reader what the picture shows. */
export function Chart({ option, words, height = 320 }: { option: EChartsCoreOption; words: string; height?: number }) {
  const { language } = useWords();
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    void import('../charts/draw').then(({ draw }) => {
      if (gone || !place.current) return;
      drawn.current = draw(place.current, language);
      watch = new ResizeObserver(() => drawn.current?.resize());
      watch.observe(place.current);
      setReady(true);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      drawn.current?.dispose();
      drawn.current = null;
      setReady(false);
    };
  }, [language]);
  useEffect(() => {
    if (ready) drawn.current?.setOption(option, true);
  }, [ready, option]);
  return (
    <Box role="img" aria-label={words} h={height} className="chart">
      {!ready && <Loader size="sm" />}
      <div ref={place} aria-hidden className="chart-place" />
    </Box>
  );
}
