// Prometheus' remote write, 1.0 and 2.0. Sources: prometheus.io/docs/specs/prw/remote_write_spec and remote_write_spec_2_0. Its
// senders send again after 5xx, and after 429 if they are told to; whatever else is refused is logged over there with the answer
// and never sent again, so an answer says what was wrong.

import { bodyStatus } from '../../http/body.ts';
import type { IngestAppDeps } from '../../http/deps.ts';
import { requestIdOf } from '../../http/request-id.ts';
import { Malformed, TooMany } from '../../otlp/malformed.ts';
import type { Own, Source } from '../source.ts';
import { type RemoteWriteSettings, settings } from './config.ts';
import { createWriteMemory, type DecodedWrite, decodeWrite, type WriteMemory } from './decode.ts';
import type { RemoteWriteVersion } from './messages.ts';

const route = 'remote-write';
const retryAfterSeconds = 2;

export const prometheusRemoteWrite: Source<typeof settings> = {
  settings,
  limits: 'telemetry',
  answersInText: true,
  below: ['/api/v1/write'],
  ways: [
    {
      path: '/api/v1/write',
      takes: "Prometheus' remote write, 1.0 and 2.0",
      proof: 'API key',
      handle: handleWrite,
    },
  ],
};

/** Of each running ingest. */
const memories = new WeakMap<IngestAppDeps, WriteMemory>();

function memoryOf(deps: IngestAppDeps, given: RemoteWriteSettings): WriteMemory {
  const known = memories.get(deps) ?? createWriteMemory(given);
  memories.set(deps, known);
  return known;
}

/** Answers one write request. Never throws. */
async function handleWrite(
  request: Request,
  deps: IngestAppDeps,
  address: string,
  own: Own<RemoteWriteSettings>,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const version = versionOf(request);
  const answer = (status: number, text: string, more: Readonly<Record<string, string>> = {}): Response => {
    deps.metrics.count('sentinel_ingest_requests_total', { route, status: String(status) });
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-request-id': requestId, ...more };
    return status === 204
      ? new Response(null, { status, headers: { 'x-request-id': requestId, ...more } })
      : new Response(`${text}\n`, { status, headers });
  };
  const later = { 'retry-after': String(retryAfterSeconds) };
  try {
    const authorization = await deps.authorize(request, 'ingest:write', address);
    if (!authorization.allowed) {
      return authorization.reason === 'forbidden'
        ? answer(403, authorization.detail)
        : answer(401, authorization.detail, { 'www-authenticate': 'Bearer' });
    }
    if (version === null) return answer(415, `content-type must be application/x-protobuf; proto=${protos}`);
    const body = await deps.readBody(request, 'snappy');
    if (!body.ok) return answer(bodyStatus[body.problem], body.detail, body.problem === 'busy' ? later : {});
    const nowMs = deps.clock.nowMs();
    const { limits, defaultEnvironment } = deps;
    const { settings: given } = own;
    const memory = memoryOf(deps, given);
    const decoded = decodeWrite(version, body.bytes, {
      ...{ limits, defaultEnvironment, nowMs, settings: given, memory },
    });
    const { kind } = await deps.pipeline.receive([{ signal: route, decoded }], authorization.sender, nowMs);
    if (kind === 'retry')
      return answer(503, 'not stored yet: the store is unavailable; send the same again', later);
    const written = version === '2.0' ? writtenHeaders(decoded) : {};
    // Part of it was written: what was not would be no better the next time.
    if (decoded.tally.rejected > 0) return answer(400, decoded.tally.message(), written);
    return answer(204, '', written);
  } catch (error) {
    if (error instanceof Malformed) return answer(400, error.message);
    if (error instanceof TooMany) return answer(413, error.message);
    deps.log.error({ err: error, requestId, route }, 'a remote write request failed');
    return answer(503, 'internal error; send the same again', later);
  }
}

const messageOf: Readonly<Record<string, RemoteWriteVersion>> = {
  'prometheus.WriteRequest': '1.0',
  'io.prometheus.write.v2.Request': '2.0',
};
const protos = Object.keys(messageOf).join(' or ');

/** By the content type; without `proto` it is 1.0, which had none. Null for what is not understood. */
function versionOf(request: Request): RemoteWriteVersion | null {
  const [type = '', ...parameters] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/x-protobuf') return null;
  const proto = parameters
    .map((parameter) => /^\s*proto\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1])
    .find((name) => name !== undefined);
  if (proto === undefined) return '1.0';
  return Object.hasOwn(messageOf, proto) ? (messageOf[proto] ?? null) : null;
}

/** Whatever was understood and needs no more is written, too: the end of a series, a value that is none. */
function writtenHeaders({
  received: { samples, histograms },
  rejectedHistograms,
  tally,
}: DecodedWrite): Readonly<Record<string, string>> {
  const rejectedSamples = tally.rejected - rejectedHistograms;
  return {
    'x-prometheus-remote-write-samples-written': String(Math.max(0, samples - rejectedSamples)),
    'x-prometheus-remote-write-histograms-written': String(histograms - rejectedHistograms),
    // They are counted, not kept.
    'x-prometheus-remote-write-exemplars-written': '0',
  };
}
