/**
 * The outside world: the bank, the store and the other systems that the shop depends on and does not own. They take
 * the time a request asks for, and longer while the supervisor says so. No telemetry, as with a real third party.
 */
import { createServer } from 'node:http';
import { listen, portOf, sendJson } from '../support/http.ts';
import { exitWithParent } from '../support/parent.ts';
import { seededRandom, seedFor } from '../support/random.ts';

export type ToOutside = { type: 'delay'; dependency: string; delayMs: number };
export type FromOutside = { type: 'ready'; ports: Record<string, number> };

exitWithParent();
const { seed, dependencies } = JSON.parse(process.argv[2] ?? '{}') as {
  seed: number;
  dependencies: string[];
};
const extraDelayMs = new Map<string, number>();

process.on('message', (message: ToOutside) => {
  extraDelayMs.set(message.dependency, message.delayMs);
});

const ports: Record<string, number> = {};
for (const dependency of dependencies) {
  const random = seededRandom(seedFor(seed, dependency));
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const costMs = Number(new URL(request.url ?? '/', 'http://outside').searchParams.get('cost') ?? 0);
    const waitMs = costMs * (0.85 + random() * 0.3) + (extraDelayMs.get(dependency) ?? 0);
    setTimeout(() => sendJson(response, 200, { ok: true }), waitMs);
  });
  await listen(server);
  ports[dependency] = portOf(server);
}
process.send?.({ type: 'ready', ports } satisfies FromOutside, undefined, undefined, () => {});
