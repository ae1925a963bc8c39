// The requests that Sentinel makes to EC2, and no others: rights.ts names the same ones. Each is sent once and ends in time.

import {
  type _InstanceType,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  EC2Client,
  type Filter,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { AwsError, nameOf, readingsWithin, refused, within } from '../answers.ts';
import { type Credentials, clientOptions, type Sessions } from '../session.ts';
import type { Ec2Settings, Verb } from './settings.ts';
import { type Checks, type Instance, instanceSchema, plannedEvents } from './wire.ts';

/** More than this are a fleet: it is not acted on one by one. */
const mostInstances = 500;

type Input = { readonly InstanceIds: string[]; readonly DryRun: boolean };

const calls: Readonly<
  Record<Verb, (client: EC2Client, input: Input, options: { abortSignal: AbortSignal }) => Promise<unknown>>
> = {
  restart: (client, input, options) => client.send(new RebootInstancesCommand(input), options),
  stop: (client, input, options) => client.send(new StopInstancesCommand(input), options),
  start: (client, input, options) => client.send(new StartInstancesCommand(input), options),
};

export type Ec2Api = ReturnType<typeof openEc2>;

/** `onRequest`: hears of every reading that is sent. */
export function openEc2(settings: Ec2Settings, sessions: Sessions, onRequest: () => void = () => {}) {
  const timeoutMs = settings.timeoutSeconds * 1_000;
  const reader = new EC2Client(clientOptions(settings, settings.endpoints.ec2, sessions.reader));
  const ask = readingsWithin(timeoutMs, onRequest);

  async function send(
    verb: Verb,
    id: string,
    credentials: Credentials,
    more: { readonly DryRun: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    const client = new EC2Client(clientOptions(settings, settings.endpoints.ec2, credentials));
    const input = { InstanceIds: [id], ...more };
    try {
      await within(timeoutMs, signal, (abortSignal) => calls[verb](client, input, { abortSignal }));
    } finally {
      client.destroy();
    }
  }

  /** Those that the configuration names, also for the hour after they are gone. */
  async function listed(signal?: AbortSignal, only?: string): Promise<readonly Instance[]> {
    const filters = filtersOf(settings, only);
    const found: Instance[] = [];
    let token: string | undefined;
    do {
      const command = new DescribeInstancesCommand({
        Filters: filters,
        ...(token === undefined ? {} : { NextToken: token }),
      });
      const answer = await ask(`describing instances in ${settings.region}`, signal, (abortSignal) =>
        reader.send(command, { abortSignal }),
      );
      for (const { Instances = [] } of answer.Reservations ?? [])
        for (const one of Instances) {
          const parsed = instanceSchema.safeParse(one);
          if (!parsed.success)
            throw new AwsError(
              refused('unreachable', `describing instances: an answer that EC2 does not give`),
              parsed.error,
            );
          found.push(parsed.data);
        }
      token = answer.NextToken;
    } while (token !== undefined && found.length < mostInstances);
    return found;
  }

  return {
    listed,

    /** Those that the configuration names and that are there, or only this one of them. A name that is unknown is just absent. */
    async instances(signal?: AbortSignal, only?: string): Promise<readonly Instance[]> {
      // What is gone stays in the list for an hour.
      return (await listed(signal, only)).filter((one) => !isGone(one));
    },

    async checks(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Checks>> {
      const all = new Map<string, Checks>();
      for (let at = 0; at < ids.length; at += 100) {
        const command = new DescribeInstanceStatusCommand({ InstanceIds: ids.slice(at, at + 100) });
        const { InstanceStatuses } = await ask(
          `reading status checks in ${settings.region}`,
          signal,
          (abortSignal) => reader.send(command, { abortSignal }),
        );
        for (const { InstanceId, InstanceStatus, SystemStatus, Events } of InstanceStatuses ?? [])
          if (InstanceId !== undefined)
            all.set(InstanceId, {
              instance: InstanceStatus?.Status ?? 'insufficient-data',
              system: SystemStatus?.Status ?? 'insufficient-data',
              ...impairedSince([...(InstanceStatus?.Details ?? []), ...(SystemStatus?.Details ?? [])]),
              events: plannedEvents(Events ?? []),
            });
      }
      return all;
    },

    /** The disks that come and go with the machine: GB of each type that has some. A type that EC2 does not know is absent. */
    async localDisks(types: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
      const all = new Map<string, number>();
      for (let at = 0; at < types.length; at += 100) {
        const InstanceTypes = types.slice(at, at + 100) as _InstanceType[];
        const command = new DescribeInstanceTypesCommand({ InstanceTypes });
        const answer = await ask(`reading instance types in ${settings.region}`, signal, (abortSignal) =>
          reader.send(command, { abortSignal }),
        );
        for (const { InstanceType, InstanceStorageSupported, InstanceStorageInfo } of answer.InstanceTypes ??
          [])
          if (InstanceType !== undefined)
            all.set(
              InstanceType,
              InstanceStorageSupported === true ? (InstanceStorageInfo?.TotalSizeInGB ?? 1) : 0,
            );
      }
      return all;
    },

    /** EC2's own dry run, with the rights of the effect. Resolves when it would be allowed; throws what EC2 says otherwise. */
    async rehearse(verb: Verb, id: string, credentials: Credentials, signal?: AbortSignal): Promise<void> {
      try {
        await send(verb, id, credentials, { DryRun: true }, signal);
      } catch (error) {
        if (nameOf(error) === 'DryRunOperation') return;
        throw error;
      }
      throw new AwsError(
        refused('refused-by-vendor', 'what answers is not EC2: it took a dry run for the real thing'),
        null,
      );
    },

    /** The effect: one call. */
    act: (verb: Verb, id: string, credentials: Credentials, signal: AbortSignal) =>
      send(verb, id, credentials, { DryRun: false }, signal),
  };
}

export function isGone({ State }: Instance): boolean {
  return State.Name === 'terminated' || State.Name === 'shutting-down';
}

function impairedSince(
  details: readonly { readonly ImpairedSince?: Date | undefined }[],
): Pick<Checks, 'impairedSinceMs'> {
  const since = details.flatMap(({ ImpairedSince }) => ImpairedSince?.getTime() ?? []);
  return since.length === 0 ? {} : { impairedSinceMs: Math.min(...since) };
}

/** As filters: an id that does not exist would fail a request that names it, for all the others. */
function filtersOf({ instances: { ids, tags } }: Ec2Settings, only: string | undefined): Filter[] {
  const named = only === undefined ? ids : [only];
  return [
    ...(named.length === 0 ? [] : [{ Name: 'instance-id', Values: [...named] }]),
    ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [literal(value)] })),
  ];
}

/** In a filter `*` and `?` stand for anything. */
function literal(value: string): string {
  return value.replaceAll(/[\\*?]/g, '\\$&');
}
