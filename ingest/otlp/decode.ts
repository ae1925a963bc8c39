// One OTLP/HTTP export request, decompressed, to observations. Never throws anything but `Malformed` and `TooMany`.

import { defaultIdentity, type IdentityRules } from '../../domain/identity.ts';
import type { TelemetryObservation } from '../../domain/observation.ts';
import type { IngestLimits } from '../limits.ts';
import type { ResourceRow } from '../ports.ts';
import type { DecodeContext } from './attributes.ts';
import { asNode, type Node } from './fields.ts';
import { readLogs } from './logs.ts';
import { Malformed } from './malformed.ts';
import { readMetrics } from './metrics.ts';
import { logsRequest, metricsRequest, tracesRequest } from './schema.ts';
import { Tally } from './tally.ts';
import { readTraces } from './traces.ts';
import { decodeMessage, type MessageTable } from './wire.ts';

export const otlpSignals = ['metrics', 'logs', 'traces'] as const;
export type OtlpSignal = (typeof otlpSignals)[number];
export type OtlpEncoding = 'json' | 'protobuf';

export type DecodeOptions = Omit<DecodeContext, 'tally' | 'identity' | 'resources'> & {
  /** Default: the lists of domain/identity.ts. */
  readonly identity?: IdentityRules | undefined;
};
export type Decoded = {
  readonly observations: readonly TelemetryObservation[];
  readonly tally: Tally;
  /** What the request says of running instances beyond their names. */
  readonly resources: readonly ResourceRow[];
};

type Reading = {
  readonly table: MessageTable;
  readonly read: (
    request: Node,
    context: DecodeContext,
    emit: (observation: TelemetryObservation) => void,
  ) => void;
};
const readings: Readonly<Record<OtlpSignal, Reading>> = {
  metrics: { table: metricsRequest, read: readMetrics },
  logs: { table: logsRequest, read: readLogs },
  traces: { table: tracesRequest, read: readTraces },
};

/** Levels of OTLP's own messages around an attribute value; its own nesting takes three messages a level. */
const messageDepth = 12;

/**
 * Decodes one request. Points that cannot be used are left out and counted in the tally; a request that is not OTLP
 * throws `Malformed` (says where), one with more messages than the limits allow `TooMany`. `nowMs` judges timestamps.
 */
export function decodeOtlp(
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  body: Uint8Array,
  options: DecodeOptions,
): Decoded {
  const { table, read } = readings[signal];
  const request = encoding === 'json' ? parseJson(body) : parseProtobuf(body, table, options.limits);
  const tally = new Tally();
  const observations: TelemetryObservation[] = [];
  const resources: ResourceRow[] = [];
  const context = { ...options, identity: options.identity ?? defaultIdentity, tally, resources };
  read(asNode(request), context, (observation) => observations.push(observation));
  return { observations, tally, resources };
}

function parseProtobuf(body: Uint8Array, table: MessageTable, limits: IngestLimits): unknown {
  // Values deeper than the limit are cut later; far deeper ones are an attack on the stack.
  const budget = { messagesLeft: limits.maxMessages, depthLeft: messageDepth + limits.maxValueDepth * 12 };
  return decodeMessage(body, table, budget);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    const text = utf8.decode(body);
    return JSON.parse(text, bigIntegers.test(text) ? wholeInteger : undefined) as unknown;
  } catch (error) {
    throw new Malformed(`not valid JSON (${error instanceof Error ? error.message : 'unreadable'})`);
  }
}

/** Some senders write 64-bit integers as numbers: JSON.parse would round them, so their own digits are kept as text. */
const bigIntegers = /"(?:intValue|int_value)"\s*:\s*-?\d{16,}/;
function wholeInteger(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isInteger = key === 'intValue' || key === 'int_value';
  return isInteger && typeof value === 'number' ? (context?.source ?? value) : value;
}
