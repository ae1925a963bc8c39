// SENTINEL_TEMPORAL_PAYLOAD_KEYS: `id:base64`, the current key first, older ones after it, apart by commas or white space.

export type PayloadSecret = { readonly id: string; readonly secret: Buffer };
/** The first is the current one: it signs. All of them are accepted. */
export type PayloadSecrets = readonly [PayloadSecret, ...PayloadSecret[]];

export const makePayloadKey = 'echo "key1:$(openssl rand -base64 32)"';

const entryText = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/;
const leastBytes = 32;

/** The keys, or what is wrong with the text, without any of it in the words. */
export function parsePayloadKeys(
  text: string,
):
  | { readonly ok: true; readonly secrets: PayloadSecrets }
  | { readonly ok: false; readonly problem: string } {
  const wrong = (problem: string) => ({
    ok: false as const,
    problem: `${problem}; make a key with: ${makePayloadKey}`,
  });
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const secrets: PayloadSecret[] = [];
  for (const [index, entry] of entries.entries()) {
    const [, id = '', base64 = ''] = entryText.exec(entry) ?? [];
    const nth = `key ${index + 1} of ${entries.length}`;
    if (id === '') return wrong(`expected id:base64 for ${nth}`);
    const secret = Buffer.from(base64, 'base64');
    if (secret.length < leastBytes)
      return wrong(`${nth} has ${secret.length} bytes, expected ${leastBytes} or more`);
    if (secrets.some((known) => known.id === id)) return wrong(`${nth} has the same ID as another key`);
    secrets.push({ id, secret });
  }
  const [current, ...older] = secrets;
  return current === undefined ? wrong('contains no key') : { ok: true, secrets: [current, ...older] };
}
