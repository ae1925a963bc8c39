/**
 * Leaks memory as small live objects, so that the garbage collector has real work with them. A runtime that comes near
 * its limit collects again and again in vain; so does this one, which is what makes requests slow before the kill.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { replicaLimits } from '../../topology.ts';

const tickMs = 100;
/** At full pressure; less pressure, fewer whole collections. */
const collectionsPerTick = 0.7;
/** Measured: an object of five number fields and its place in the array. */
const objectBytes = 72;
const pressureFrom = 0.7;

export function startLeak(mbPerSecond: number): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const kept: unknown[] = [];
  const objectsPerMs = (mbPerSecond * 1024 * 1024) / objectBytes / 1000;
  let last = performance.now();
  let debt = 0;

  const timer = setInterval(() => {
    // By the clock, so that a process slowed down by its collector still comes to its end.
    const elapsedMs = Math.min(1_000, performance.now() - last);
    last = performance.now();
    const block = new Array(Math.round(elapsedMs * objectsPerMs));
    for (let i = 0; i < block.length; i += 1) block[i] = { a: i, b: i + 1, c: i + 2, d: i + 3, e: i + 4 };
    kept.push(block);
    debt += pressure() * collectionsPerTick;
    if (debt >= 1) {
      debt = 0;
      collect();
    }
  }, tickMs);
  return () => {
    clearInterval(timer);
    kept.length = 0;
  };
}

/** 0 below 70 % of the memory limit, 1 at the limit. */
function pressure(): number {
  const share = process.memoryUsage.rss() / replicaLimits.memoryBytes;
  return Math.min(1, Math.max(0, (share - pressureFrom) / (1 - pressureFrom)));
}
