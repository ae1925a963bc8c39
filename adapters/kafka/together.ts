// Which member of the group reads what. Topics that are read together go to one member as a whole, because one engine has to see all
// of them; the partitions of the others are shared out one by one.

import kafkajs, { type Assigner, type PartitionAssigner } from 'kafkajs';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const version = 0;
/** Members choose one that all of them know: a new meaning needs a new name. */
const name = 'sentinel-together-1';

type Partitions = Record<string, number[]>;

/** For kafkajs. Every process of a group has to name the same topics; while they do not, the leader's are what counts. */
export const readTogether =
  (together: readonly string[]): PartitionAssigner =>
  ({ cluster }): Assigner => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
    }),
    async assign({ members, topics }) {
      const reads = new Map(
        members.map(({ memberId, memberMetadata }) => [memberId, topicsOf(memberMetadata)] as const),
      );
      const partitionsOf = (topic: string) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      return [...shareOut(reads, topics, together, partitionsOf)].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
      }));
    },
  });

/** By member. The same for the same members, whichever of them leads. */
export function shareOut(
  reads: ReadonlyMap<string, readonly string[]>,
  topics: readonly string[],
  together: readonly string[],
  partitionsOf: (topic: string) => readonly number[],
): ReadonlyMap<string, Partitions> {
  const given = new Map<string, Partitions>([...reads.keys()].sort().map((member) => [member, {}]));
  const readersOf = (topic: string) =>
    [...given.keys()].filter((member) => reads.get(member)?.includes(topic));
  const give = (member: string | undefined, topic: string, partitions: readonly number[]): void => {
    const own = member === undefined ? undefined : given.get(member);
    if (own !== undefined) own[topic] = [...(own[topic] ?? []), ...partitions];
  };
  const joint = topics.filter((topic) => together.includes(topic)).sort();
  for (const topic of joint) give(readersOf(topic)[0], topic, partitionsOf(topic));
  // The others begin behind the member that has all of these.
  let turn = joint.length > 0 ? 1 : 0;
  for (const topic of topics.filter((one) => !joint.includes(one)).sort()) {
    const readers = readersOf(topic);
    for (const partition of partitionsOf(topic)) {
      give(readers[turn % readers.length], topic, [partition]);
      turn += 1;
    }
  }
  return given;
}

function topicsOf(metadata: Buffer): readonly string[] {
  return MemberMetadata.decode(metadata)?.topics ?? [];
}
