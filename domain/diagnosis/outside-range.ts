// Around which time systems outside are asked: enough of before to compare with, and no more of after than tells the beginning.

const beforeMs = 15 * 60_000;
const afterMs = 15 * 60_000;

export function outsideRange(
  onsetMs: number,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: onsetMs - beforeMs, toMs: Math.max(onsetMs, Math.min(nowMs, onsetMs + afterMs)) };
}
