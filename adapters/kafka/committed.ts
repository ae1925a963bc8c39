// What the group has committed, with the metadata that stands beside each offset.

import type { Admin } from 'kafkajs';
import { decodeServices } from '../../ingest/kafka/services-seen.ts';

/** By `topic/partition`. */
export type Committed = ReadonlyMap<string, { readonly offset: bigint | null; readonly metadata: string }>;

export async function readCommitted(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<Committed> {
  const answer = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return new Map(
    answer.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, metadata }) => {
        const given = BigInt(offset);
        return [
          `${topic}/${partition}`,
          { offset: given < 0n ? null : given, metadata: metadata ?? '' },
        ] as const;
      }),
    ),
  );
}

/** Every service that the group has heard of on any partition, by environment. */
export function servicesOf(committed: Committed): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>();
  for (const { metadata } of committed.values())
    for (const [environment, services] of decodeServices(metadata))
      all.set(environment, [...(all.get(environment) ?? []), ...services]);
  return all;
}
