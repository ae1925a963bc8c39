// The fields of a small form, bounded before anything is made of them.

import { ApiProblem } from '../errors.ts';

const mostBytes = 64 * 1024;
const mostFields = 20;

/** Throws ApiProblem 413, 415 or 400. A field that is there twice is refused: one of the two would be ignored. */
export async function readForm(request: Request): Promise<Readonly<Record<string, string>>> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new ApiProblem('unsupported-media-type', 'Forms are sent as application/x-www-form-urlencoded.');
  }
  const fields = [...new URLSearchParams(await readText(request))];
  const names = new Set(fields.map(([name]) => name));
  if (fields.length > mostFields || names.size !== fields.length) {
    throw new ApiProblem('invalid-input', 'The form has too many fields, or one of them twice.');
  }
  // Browsers send line breaks as CR LF, whatever the person typed.
  return Object.fromEntries(fields.map(([name, value]) => [name, value.replaceAll('\r\n', '\n')]));
}

async function readText(request: Request): Promise<string> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new ApiProblem('too-large', `A form may have at most ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
