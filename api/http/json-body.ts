// Reads a small JSON body: size, media type, nesting and syntax are checked before any schema sees it.

import { ApiProblem } from '../errors.ts';

export const maxBodyBytes = 64 * 1024;
export const maxDepth = 16;

/** The parsed body. Throws ApiProblem 413, 415 or 400. */
export async function readJson(request: Request, maxBytes = maxBodyBytes): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new ApiProblem('unsupported-media-type', 'Send the body as content-type: application/json.');
  }
  const text = await readText(request, maxBytes);
  if (depthOf(text) > maxDepth) throw invalid(`is nested deeper than ${maxDepth} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function invalid(message: string): ApiProblem {
  return new ApiProblem('invalid-input', `The body ${message}.`, { errors: [{ field: 'body', message }] });
}

/** Counts while reading: the length a sender declares is only a promise. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new ApiProblem('too-large', `At most ${maxBytes} bytes are accepted here.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalid('is not UTF-8');
  }
}

/** Deepest nesting of objects and arrays, without parsing; brackets inside strings do not count. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}
