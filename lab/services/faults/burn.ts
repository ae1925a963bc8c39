/** Burns CPU on the main thread in slices: while a slice runs, nothing else in this process does. */
import { createHash } from 'node:crypto';

export function startBurn(intensity: number, sliceMs: number): () => void {
  const pauseMs = (sliceMs * (1 - intensity)) / intensity;
  let timer: NodeJS.Timeout;
  const burn = (): void => {
    const until = performance.now() + sliceMs;
    let digest = 'x';
    while (performance.now() < until) digest = createHash('sha256').update(digest).digest('hex');
    timer = setTimeout(burn, pauseMs);
  };
  timer = setTimeout(burn, 0);
  return () => clearTimeout(timer);
}
