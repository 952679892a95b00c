import { Badge } from '@mantine/core';
import type { ClockView } from '../api/types';
import { useWords } from '../lib/words';

/** What is left of a clock, in its own unit; a breached one says so first. */
export function ClockBadge({ clock, whole }: { clock: ClockView; whole?: boolean }) {
  const { t, date, number } = useWords();
  const tone = clock.breached ? 'red' : clock.left_days <= 2 ? 'orange' : 'gray';
  const days = number(Math.abs(clock.left_days));
  const words = clock.breached ? t(`clock.breached_${clock.unit}`, { days }) : t(`clock.left_${clock.unit}`, { days });
  return (
    <Badge color={tone} variant="light" radius="sm" tt="none" className="state" title={t('clock.due', { date: date(clock.deadline) })}>
      {whole ? t('clock.total', { left: words }) : words}
    </Badge>
  );
}
