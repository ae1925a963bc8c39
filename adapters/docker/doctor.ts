// What `doctor` says of a Docker executor: whether the engine answers, whether the containers are there, whether each request it
// needs comes through, and what else would.

import { type Finding, missing, ok, warning } from '../../domain/doctor.ts';
import { errorMessage } from '../../domain/error-message.ts';
import { connectEngine, type Engine, EngineError } from './engine.ts';
import type { DockerSettings } from './executor.ts';
import { refusalOf } from './refusals.ts';
import { isSelected, namedIn } from './select.ts';

/** No container has this id: what is asked about it comes through or not, and changes nothing. */
const nobody = '0'.repeat(64);

export async function checkDocker(settings: DockerSettings): Promise<Finding> {
  const title = `Executor ${settings.name}`;
  try {
    return await look(title, settings, connectEngine(settings));
  } catch (error) {
    const reason = refusalOf(error)?.reason ?? errorMessage(error);
    return warning(
      title,
      reason,
      `Fix its url or its rights; until then Sentinel does not act on ${settings.host}.`,
    );
  }
}

async function look(title: string, settings: DockerSettings, engine: Engine): Promise<Finding> {
  const { Version, ApiVersion } = await engine.version();
  const named = (await engine.list()).filter(({ Names, Labels }) => {
    const one = namedIn(Names, Labels);
    return one !== null && isSelected(settings, one);
  });
  const about = `Docker ${Version} (API ${ApiVersion}), ${named.length} of its containers are named in the configuration`;
  const needed = {
    'GET /containers/…/json': async () => void (await engine.inspect(nobody)),
    'GET /containers/…/stats': async () => void (await engine.stats(nobody)),
    'POST /containers/…/restart': () => engine.act('restart', nobody, settings.stopSeconds),
    'POST /containers/…/stop': () => engine.act('stop', nobody, settings.stopSeconds),
    'POST /containers/…/start': () => engine.act('start', nobody, settings.stopSeconds),
  };
  const closed: string[] = [];
  for (const [request, ask] of Object.entries(needed)) if (!(await comesThrough(ask))) closed.push(request);
  if (closed.length > 0)
    return missing(
      title,
      `${about}; refused: ${closed.join(', ')}`,
      `Let these requests through: ${print(settings)}`,
    );
  if (named.length === 0)
    return warning(
      title,
      about,
      'Nothing can be done there: check `containers`, and that the containers exist.',
    );
  if (await comesThrough(() => engine.beyond(nobody)))
    return warning(
      title,
      `${about}; it could run programs in them, too: a Docker socket is root on its machine`,
      `Put a proxy before it that lets only the needed requests through: ${print(settings)}`,
    );
  return ok(title, `${about}; what it needs comes through, and running programs does not`);
}

const print = ({ name }: DockerSettings): string =>
  `"sentinel executor permissions ${name} --format docker-proxy" prints exactly what is needed.`;

/** 404: the engine itself has looked for the container. */
async function comesThrough(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status !== null) return error.status === 404;
    throw error;
  }
}
