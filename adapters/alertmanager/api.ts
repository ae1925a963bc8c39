// The silences of an Alertmanager. Source: github.com/prometheus/alertmanager, api/v2/openapi.yaml.

import { z } from 'zod';
import {
  type Matcher,
  matcherSchema,
  matchesEverything,
  mostMatchers,
} from '../../domain/silences/matchers.ts';
import type { MirroredSilence } from '../../domain/silences/mirror.ts';
import { cleanText } from '../../ingest/text.ts';
import { credentials, parsed, reasonOf, textWithin } from '../http/answers.ts';
import { guardedFetch } from '../http/guarded-fetch.ts';
import type { AlertmanagerSettings } from './settings.ts';

/** Those that hold or will, and how many others cannot be understood: of a newer kind, or of everything. */
export type Answered = { readonly silences: readonly MirroredSilence[]; readonly unreadable: number };

const mostBytes = 16 * 1024 * 1024;

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const answered = z.array(z.object({ status: z.object({ state: z.string() }) }).loose());
const silence = z.object({
  id: z.string().min(1).max(200),
  matchers: z
    .array(
      z.object({
        name: z.string(),
        value: z.string(),
        isRegex: z.boolean(),
        isEqual: z.boolean().default(true),
      }),
    )
    .min(1)
    .max(mostMatchers),
  startsAt: instant,
  endsAt: instant,
  createdBy: z.string().default(''),
  comment: z.string().default(''),
});

/** Rejects, with a sentence for people, when it does not answer or not as it should: then nothing is known. */
export async function readSilences(
  settings: AlertmanagerSettings,
  secret: string | null,
  signal: AbortSignal,
): Promise<Answered> {
  const { url, timeoutSeconds } = settings;
  const { host } = new URL(url);
  const limit = AbortSignal.timeout(timeoutSeconds * 1_000);
  let response: Response;
  let text: string;
  try {
    response = await guardedFetch(`${url.replace(/\/+$/, '')}/api/v2/silences`, {
      headers: { accept: 'application/json', ...credentials(settings, secret) },
      signal: AbortSignal.any([signal, limit]),
    });
    text = await textWithin(
      response,
      mostBytes,
      () => new Error(`the answer of ${host} is longer than ${mostBytes} bytes`),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw new Error(`${host} does not answer within ${timeoutSeconds} s`);
    throw new Error(`${host} cannot be reached (${reasonOf(error)})`, { cause: error });
  }
  if (response.status === 401 || response.status === 403)
    throw new Error(`${host} does not accept the credentials (${response.status})`);
  if (!response.ok) throw new Error(`${host} answers with status ${response.status}`);
  const all = answered.safeParse(parsed(text));
  if (!all.success) throw new Error(`${host} does not answer as an Alertmanager does`);
  const current = all.data.filter(({ status }) => status.state === 'active' || status.state === 'pending');
  const silences = current.flatMap((one) => mirrored(one) ?? []);
  return { silences, unreadable: current.length - silences.length };
}

function mirrored(raw: unknown): MirroredSilence | null {
  const read = silence.safeParse(raw);
  if (!read.success) return null;
  const { id, startsAt, endsAt, createdBy, comment } = read.data;
  const matchers: Matcher[] = [];
  for (const { name, value, isRegex, isEqual } of read.data.matchers) {
    const is = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
    const matcher = matcherSchema.safeParse({ label: name, is, value });
    if (!matcher.success) return null;
    matchers.push(matcher.data);
  }
  if (endsAt <= startsAt || matchesEverything(matchers)) return null;
  return {
    ...{ id, matchers, startsAtMs: startsAt, endsAtMs: endsAt },
    by: cleanText(createdBy, 100) || 'somebody',
    reason: cleanText(comment, 500) || 'no reason was given',
  };
}
