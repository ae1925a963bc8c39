// Where the keys for Temporal's payloads come from: the environment; or, where one process is everything, a file in its data folder
// that the first start makes. With the file it is known since when there are keys, so that incidents from before go on.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import type { PayloadProtection } from '../../adapters/temporal/payloads/codec.ts';
import { payloadKeys } from '../../adapters/temporal/payloads/keys.ts';
import type { Config } from '../../config/load.ts';
import { type PayloadSecrets, parsePayloadKeys } from '../../config/payload-keys.ts';
import { ExitError, exitCodes } from '../exit.ts';
import { readPrivateFile, writePrivateFile } from '../private-files.ts';
import type { SentinelRole } from '../roles.ts';

type Protection = Omit<PayloadProtection, 'onRefused' | 'nowMs'>;
type Kept = { readonly secrets: PayloadSecrets; readonly keysSinceMs: number };

const fileName = 'payload-keys.json';
const fileSchema = z.strictObject({ keys: z.string(), keysSince: z.iso.datetime() });

/** Throws ExitError for a file that cannot be used. A role that shares Temporal with others has keys (platform.ts asks for them). */
export function payloadProtection(config: Config, role: SentinelRole, nowMs: () => number): Protection {
  const { mode, keysSince } = config.temporal.payloads;
  const given = givenSecrets(config);
  if (role !== 'all') {
    if (given === null) throw new Error(`the role ${role} has no SENTINEL_TEMPORAL_PAYLOAD_KEYS`);
    return {
      mode,
      keys: payloadKeys(given),
      keysSinceMs: keysSince === undefined ? null : Date.parse(keysSince),
    };
  }
  const file = path.join(config.dataDir, fileName);
  const kept = readKept(file) ?? (given === null ? makeKept(file, nowMs()) : null);
  const secrets = together(given, kept);
  const keysSinceMs = keysSince === undefined ? (kept?.keysSinceMs ?? null) : Date.parse(keysSince);
  return { mode, keys: payloadKeys(secrets), keysSinceMs };
}

function givenSecrets({ secrets }: Config): PayloadSecrets | null {
  const text = secrets.temporalPayloadKeys?.reveal();
  if (text === undefined) return null;
  const parsed = parsePayloadKeys(text);
  if (!parsed.ok) throw new ExitError(exitCodes.usage, `SENTINEL_TEMPORAL_PAYLOAD_KEYS: ${parsed.problem}`);
  return parsed.secrets;
}

/** What the file's key has signed is still good when the environment gives another one. */
function together(given: PayloadSecrets | null, kept: Kept | null): PayloadSecrets {
  if (given === null) {
    if (kept === null) throw new Error('there is neither a given nor a kept key');
    return kept.secrets;
  }
  const [current, ...older] = given;
  const ids = given.map(({ id }) => id);
  return [current, ...older, ...(kept?.secrets ?? []).filter(({ id }) => !ids.includes(id))];
}

function readKept(file: string): Kept | null {
  const text = readPrivateFile(file);
  if (text === null) return null;
  const content = fileSchema.safeParse(jsonOf(text));
  // Not the parser's words: they may quote the key.
  if (!content.success) throw unusable(file, 'it was changed by something other than Sentinel');
  const parsed = parsePayloadKeys(content.data.keys);
  if (!parsed.ok) throw unusable(file, parsed.problem);
  return { secrets: parsed.secrets, keysSinceMs: Date.parse(content.data.keysSince) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no JSON, and so refused by the schema
  }
}

/** On the disk, and whole, before anything is signed with it. The data folder is locked: nobody else makes one. */
function makeKept(file: string, nowMs: number): Kept {
  const id = `made-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(32);
  const keysSince = new Date(nowMs).toISOString();
  writePrivateFile(file, `${JSON.stringify({ keys: `${id}:${secret.toString('base64')}`, keysSince })}\n`);
  return { secrets: [{ id, secret }], keysSinceMs: nowMs };
}

function unusable(file: string, why: string): ExitError {
  return new ExitError(
    exitCodes.refused,
    `${file} holds the keys of running incidents and cannot be used: ${why}. Put it back from a backup. Without one, remove it and terminate the running incidents in Temporal: they are started again from the record.`,
  );
}
