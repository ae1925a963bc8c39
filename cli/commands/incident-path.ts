// From what a person types to the path of an incident in the API.

import { fromUrlId, toUrlId } from '../../api/incident-id.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { clean } from '../terminal/text.ts';

/** Throws ExitError (used wrongly) for text that is no incident id in either form. */
export function incidentPath(text: string): string {
  const id = fromUrlId(text);
  if (id === null) {
    const message = `"${clean(text)}" is not an incident ID such as production.payments.3f2a9c00-1; "sentinel incident list" shows them.`;
    throw new ExitError(exitCodes.usage, message);
  }
  return `/api/v1/incidents/${toUrlId(id)}`;
}
