// What those who ask other systems over HTTP share: an answer within a size, who asks, and why nobody answered.

export async function textWithin(
  response: Response,
  mostBytes: number,
  tooLong: () => Error,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > mostBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Headers: basic authentication where there is a user, a bearer token where there is only a secret; the tenant where there is one. */
export function credentials(
  { username, tenant }: { readonly username?: string | undefined; readonly tenant?: string | undefined },
  secret: string | null,
): Readonly<Record<string, string>> {
  const basic = (): string => Buffer.from(`${username}:${secret ?? ''}`).toString('base64');
  return {
    ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    ...(username !== undefined
      ? { authorization: `Basic ${basic()}` }
      : secret === null
        ? {}
        : { authorization: `Bearer ${secret}` }),
  };
}

/** JSON, or null where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** A few words for people: fetch hides the reason in the cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}
