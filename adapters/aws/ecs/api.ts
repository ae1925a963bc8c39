// The requests that Sentinel makes to ECS, and no others: rights.ts names the same ones. Each is sent once and ends in time.
// Readings throw an `AwsError`; effects throw whatever the SDK throws, for who sent them to judge.

import {
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  StopTaskCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { nameOf, reading, readingsWithin, within } from '../answers.ts';
import { type Credentials, clientOptions, type Sessions } from '../session.ts';
import type { EcsSettings } from './settings.ts';
import { lastPart, type Service, serviceSchema, type Task, taskSchema } from './wire.ts';

/** What one request may describe. */
const servicesAtOnce = 10;
const tasksAtOnce = 100;
/** A service of more tasks than this shows the first ones. */
const mostTaskPages = 5;
const mostRevisions = 20;

export type Change = Omit<UpdateServiceCommandInput, 'cluster' | 'service'>;

/** `onRequest`: hears of every reading that is sent. */
export function openEcs(settings: EcsSettings, sessions: Sessions, onRequest: () => void = () => {}) {
  const timeoutMs = settings.timeoutSeconds * 1_000;
  const cluster = settings.clusterName ?? settings.cluster;
  const reader = new ECSClient(clientOptions(settings, settings.endpoints.ecs, sessions.reader));
  const ask = readingsWithin(timeoutMs, onRequest);

  async function describe(names: readonly string[], signal?: AbortSignal): Promise<readonly Service[]> {
    const found: Service[] = [];
    for (let at = 0; at < names.length; at += servicesAtOnce) {
      const command = new DescribeServicesCommand({
        cluster,
        services: names.slice(at, at + servicesAtOnce),
        include: ['TAGS'],
      });
      const { services } = await ask(`describing services of cluster ${cluster}`, signal, (abortSignal) =>
        reader.send(command, { abortSignal }),
      );
      found.push(...read(z.array(serviceSchema), services ?? []));
    }
    // A deleted service is described for a while.
    return found.filter(({ status }) => status !== 'INACTIVE');
  }

  async function tasksByArn(tasks: readonly string[], signal?: AbortSignal): Promise<readonly Task[]> {
    if (tasks.length === 0) return [];
    const answer = await ask(`describing tasks of cluster ${cluster}`, signal, (abortSignal) =>
      reader.send(new DescribeTasksCommand({ cluster, tasks: [...tasks] }), { abortSignal }),
    );
    return read(z.array(taskSchema), answer.tasks ?? []);
  }

  async function listed(
    service: string,
    desiredStatus: 'RUNNING' | 'STOPPED',
    isWanted: (arn: string) => boolean,
    signal?: AbortSignal,
  ): Promise<readonly Task[]> {
    const found: Task[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < mostTaskPages; page += 1) {
      const answer = await ask(`listing tasks of service ${service}`, signal, (abortSignal) =>
        reader.send(
          new ListTasksCommand({
            cluster,
            serviceName: service,
            desiredStatus,
            maxResults: tasksAtOnce,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
          { abortSignal },
        ),
      );
      found.push(...(await tasksByArn((answer.taskArns ?? []).filter(isWanted), signal)));
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return found;
  }

  /** The task definitions of its deployments that succeeded, newest first, as ECS keeps them for 90 days. */
  async function releasesOf(service: string, signal?: AbortSignal): Promise<readonly string[]> {
    const listed = await ask(`listing deployments of service ${service}`, signal, (abortSignal) =>
      reader.send(
        new ListServiceDeploymentsCommand({
          cluster,
          service,
          status: ['SUCCESSFUL'],
          maxResults: mostRevisions,
        }),
        { abortSignal },
      ),
    );
    const arns = (listed.serviceDeployments ?? [])
      .toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
      .flatMap(({ targetServiceRevisionArn }) => targetServiceRevisionArn ?? []);
    const unique = [...new Set(arns)].slice(0, mostRevisions);
    if (unique.length === 0) return [];
    const described = await ask(`describing revisions of service ${service}`, signal, (abortSignal) =>
      reader.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: unique }), { abortSignal }),
    );
    const byArn = new Map(
      (described.serviceRevisions ?? []).map((one) => [one.serviceRevisionArn, one.taskDefinition]),
    );
    return unique.flatMap((arn) => {
      const definition = byArn.get(arn);
      return definition === undefined ? [] : [lastPart(definition)];
    });
  }

  return {
    describe,
    tasksByArn,

    tasksOf: (service: string, signal?: AbortSignal) => listed(service, 'RUNNING', () => true, signal),

    /** Those that have ended, or are about to, within about an hour, and that somebody wants to know of. */
    async stoppedOf(
      service: string,
      isWanted: (arn: string) => boolean,
      signal?: AbortSignal,
    ): Promise<readonly Task[]> {
      const tasks = await listed(service, 'STOPPED', isWanted, signal);
      return tasks.filter(({ lastStatus }) => lastStatus === 'STOPPED');
    },

    /** What the containers of a task definition are made from. */
    async imagesOf(definition: string, signal?: AbortSignal): Promise<readonly string[]> {
      const command = new DescribeTaskDefinitionCommand({ taskDefinition: definition });
      const { taskDefinition } = await ask(
        `describing task definition ${definition}`,
        signal,
        (abortSignal) => reader.send(command, { abortSignal }),
      );
      return (taskDefinition?.containerDefinitions ?? []).flatMap(({ image }) => image ?? []);
    },

    releasesOf,

    async one(name: string, signal?: AbortSignal): Promise<Service | null> {
      return (await describe([name], signal))[0] ?? null;
    },

    /** ECS itself takes any name in an update, and fails afterwards. Null: there is none that could run. */
    async activeDefinition(name: string, signal?: AbortSignal): Promise<string | null> {
      try {
        const { taskDefinition } = await within(timeoutMs, signal, (abortSignal) =>
          reader.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }), { abortSignal }),
        );
        return taskDefinition?.status === 'ACTIVE' ? (taskDefinition.taskDefinitionArn ?? null) : null;
      } catch (error) {
        if (nameOf(error) === 'ClientException') return null;
        return reading(`describing task definition ${name}`, () => Promise.reject(error));
      }
    },

    /** The effects: one call, with credentials of its own. */
    update: (credentials: Credentials, service: string, change: Change, signal: AbortSignal) =>
      effect(credentials, async (client) => {
        const command = new UpdateServiceCommand({ cluster, service, ...change });
        const answer = await within(timeoutMs, signal, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        return serviceSchema.safeParse(answer.service);
      }),

    stopTask: (credentials: Credentials, task: string, reason: string, signal: AbortSignal) =>
      effect(credentials, async (client) => {
        const command = new StopTaskCommand({ cluster, task, reason });
        const answer = await within(timeoutMs, signal, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        return taskSchema.safeParse(answer.task);
      }),
  };

  async function effect<T>(credentials: Credentials, send: (client: ECSClient) => Promise<T>): Promise<T> {
    const client = new ECSClient(clientOptions(settings, settings.endpoints.ecs, credentials));
    try {
      return await send(client);
    } finally {
      client.destroy();
    }
  }
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `an answer that ECS does not give: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}
