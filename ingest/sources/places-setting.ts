// Where an alert belongs whose sender has names of its own for services.

import { z } from 'zod';

const name = z.string().trim().min(1).max(200);

/** Names of services as their sender has them, to what they are called here. */
export const servicesSetting = (sender: string) =>
  z
    .record(
      name,
      z.strictObject({
        service: name.describe('The service here.'),
        environment: name.optional().describe('Its environment. Default: `defaultEnvironment`.'),
      }),
    )
    .default({})
    .describe(
      `What services of ${sender} are called here: \`{ "Checkout (live)": { service: checkout, environment: production } }\`. Default: as they are called there, in \`defaultEnvironment\`.`,
    );

type Places = z.output<ReturnType<typeof servicesSetting>>;

/** The environment is empty where nothing says it. */
export function placeOf(
  places: Places,
  named: string,
  otherwise = named,
): { service: string; environment: string } {
  const place = Object.hasOwn(places, named) ? places[named] : undefined;
  return { service: place?.service ?? otherwise, environment: place?.environment ?? '' };
}
