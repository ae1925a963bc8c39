/** Writes dump files into the sandbox until the quota is used up, and keeps it used up. */
import type { Journal } from '../journal.ts';

const tickMs = 250;

export function startDiskFill(journal: Journal, mbPerSecond: number): () => void {
  const bytes = Math.round(mbPerSecond * 1024 * 1024 * (tickMs / 1000));
  let count = 0;
  let writing = false;
  let stopped = false;
  const timer = setInterval(() => {
    if (writing || stopped) return;
    writing = true;
    count += 1;
    journal
      .fill(`dump-${Date.now()}-${count}.bin`, bytes)
      .catch(() => {})
      .finally(() => {
        writing = false;
      });
  }, tickMs);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
