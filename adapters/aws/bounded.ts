// An answer of AWS, or of whatever stands in between, that does not end is given up: the SDK itself would hold all of it.

import { Readable, Transform } from 'node:stream';

const mostBytes = 16 * 1024 * 1024;

type Stack = {
  addRelativeTo?: unknown;
  add(
    middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
    options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
  ): void;
};

/** Of every request that the client sends from now on. */
export function boundAnswers(client: { readonly middlewareStack: unknown }): void {
  (client.middlewareStack as Stack).add(
    (next) => async (args) => {
      const result = (await next(args)) as { readonly response?: { body?: unknown } };
      const { response } = result;
      if (response?.body instanceof Readable) response.body = limited(response.body);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'boundAnswers' },
  );
}

function limited(body: Readable): Readable {
  let size = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > mostBytes ? new Error(`the answer is longer than ${mostBytes} bytes`) : null, chunk);
    },
  });
  limit.on('error', () => body.destroy());
  body.on('error', (error) => limit.destroy(error));
  body.on('aborted', () => limit.destroy(new Error('the answer broke off')));
  return body.pipe(limit);
}
