// What a Docker engine says, checked at the door: its answers are input like any other, and what stands before its socket may
// be something else. Only what is used is read.

import { z } from 'zod';

/** A full id: nothing else is ever put into a path to act on. */
export const containerId = z.string().regex(/^[a-f0-9]{64}$/);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((all) => all ?? {});

export const listedSchema = z.array(
  z.object({ Id: containerId, Names: z.array(z.string()), Labels: labels }),
);

export const inspectedSchema = z.object({
  Id: containerId,
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.int().nonnegative().default(0),
  State: z.object({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    OOMKilled: z.boolean().default(false),
    ExitCode: z.int().default(0),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.looseObject({ Image: z.string(), Labels: labels }),
  HostConfig: z.looseObject({}),
});
export type Inspected = z.infer<typeof inspectedSchema>;

export const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string() });

/** Memory: `inactive_file` (`total_…` with control groups of version 1) is cache that the kernel takes back when it needs it. */
export const statsSchema = z.object({
  pids_stats: z.object({ current: z.number().optional() }).default({}),
  cpu_stats: z.object({
    cpu_usage: z.object({ total_usage: z.number().default(0) }),
    system_cpu_usage: z.number().optional(),
    online_cpus: z.number().optional(),
  }),
  memory_stats: z
    .object({
      usage: z.number().optional(),
      limit: z.number().optional(),
      stats: z.record(z.string(), z.number()).optional(),
    })
    .default({}),
});
export type Stats = z.infer<typeof statsSchema>;

/** Signals that ask a program to end. */
const endingSignals = new Set(['2', '3', '9', '15']);

/** `Attributes`: the name, the labels, and what belongs to the event, in one. */
export const eventsSchema = z.array(
  z
    .object({
      Action: z.string(),
      Actor: z.object({ ID: containerId, Attributes: labels }),
      timeNano: z.number(),
    })
    .transform(({ Action, Actor: { ID, Attributes }, timeNano }) => ({
      id: ID,
      action: Action,
      name: Attributes.name ?? '',
      labels: Attributes,
      exitCode: Number(Attributes.exitCode ?? 0),
      endsIt: endingSignals.has(Attributes.signal ?? ''),
      timeNano,
      atMs: Math.floor(timeNano / 1e6),
    })),
);
export type ContainerEvent = z.infer<typeof eventsSchema>[number];

export const topSchema = z.object({
  Titles: z.array(z.string()),
  Processes: z
    .array(z.array(z.string()))
    .nullable()
    .transform((all) => all ?? []),
});
