// One id per request, taken from the sender when it is harmless, so that both sides can find it in their logs.

import { randomUUID } from 'node:crypto';

export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : randomUUID();
}
