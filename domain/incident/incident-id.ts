// The one spelling of an incident's id, which is its workflow's id: `incident/production/payments/8dad9283/1`, so that a
// person who lists workflows reads where it is. In URLs and in the terminal: `production.payments.8dad9283-1`. The ids of
// before, `incident/<hash>/<episode>` and `<hash>-<episode>`, lead to their incidents for good.

/** Ids are read, typed and shown in narrow places; Temporal and Postgres would take far longer ones. */
const longestName = 40;

/** Digits of the fingerprint in an ordinary id. Two fingerprints that share them within one service are told apart by all. */
export const shortDigits = 8;

const name = '[A-Za-z0-9_-]{1,40}';
const hash = '[0-9a-f]{1,128}';
const episode = '[1-9][0-9]{0,8}';
const longForm = new RegExp(`^incident/(?:(${name})/(${name})/)?(${hash})/(${episode})$`);
const shortForm = new RegExp(`^(?:(${name})\\.(${name})\\.)?(${hash})-(${episode})$`);

export type IncidentIdParts = {
  readonly environment: string;
  readonly service: string;
  /** Hexadecimal; at least eight digits. */
  readonly fingerprint: string;
  /** From 1. */
  readonly episode: number;
};

/** `digits`: how many of the fingerprint's are shown. */
export function incidentIdOf(
  { environment, service, fingerprint, episode: number }: IncidentIdParts,
  digits: number = shortDigits,
): string {
  return `incident/${readable(environment)}/${readable(service)}/${fingerprint.slice(0, digits)}/${number}`;
}

/** Whether it is an id as `incidentIdOf` makes them, now or before. */
export function isIncidentId(text: string): boolean {
  return longForm.test(text);
}

/** The short form, for paths and people. Ids of another shape are returned as they are. */
export function shortIncidentId(incidentId: string): string {
  const match = longForm.exec(incidentId);
  if (match === null) return incidentId;
  const [, environment, service, digits, number] = match;
  const where = environment === undefined ? '' : `${environment}.${service}.`;
  return `${where}${digits}-${number}`;
}

/** The incident's id from either form; null when it is neither. */
export function incidentIdFrom(text: string): string | null {
  if (isIncidentId(text)) return text;
  const match = shortForm.exec(text);
  if (match === null) return null;
  const [, environment, service, digits, number] = match;
  const where = environment === undefined ? '' : `${environment}/${service}/`;
  return `incident/${where}${digits}/${number}`;
}

/** What can stand in a path without being encoded; the rest of a name is a dash. Only for reading: the hash tells ids apart. */
function readable(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .slice(0, longestName)
    .replaceAll(/^-+|-+$/g, '');
  return plain === '' ? '_' : plain;
}
