// What systems outside hold about an incident: each is asked with its own patience, and one that does not answer says so in its place.
// It is no evidence that a diagnosis lacks, so it lowers no autonomy.

import type { OutsideView } from '../domain/diagnosis/outside.ts';
import { outsideRange } from '../domain/diagnosis/outside-range.ts';
import type { OutsideSource } from './ports/outside.ts';
import { startGathering } from './sources.ts';

const mostServices = 10;

export async function lookOutside(
  sources: readonly OutsideSource[],
  about: {
    readonly environment: string;
    readonly services: readonly string[];
    readonly onsetMs: number;
    readonly nowMs: number;
  },
  timeoutMs: number,
): Promise<readonly OutsideView[]> {
  const { environment, services, onsetMs, nowMs } = about;
  const question = {
    ...{ environment, services: services.slice(0, mostServices), onsetMs },
    ...outsideRange(onsetMs, nowMs),
  };
  return Promise.all(
    sources
      .filter(({ environments }) => environments.includes(environment))
      .map(async (source): Promise<OutsideView> => {
        const { name } = source;
        const gathering = startGathering(timeoutMs);
        const read = () => source.look(question, AbortSignal.timeout(timeoutMs));
        const found = await gathering.read<Omit<OutsideView, 'from'> | null>({ name, read, instead: null });
        const [problem = null] = gathering.missing;
        return { from: name, ...(found ?? { series: [], lines: [], problem }) };
      }),
  );
}
