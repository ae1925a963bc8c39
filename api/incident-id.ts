// Incident ids contain slashes (`incident/<hash>/<episode>`); in URLs and in the terminal they are `<hash>-<episode>`.

const idPattern = /^incident\/([0-9a-f]{1,128})\/([1-9][0-9]{0,8})$/;
const urlPattern = /^([0-9a-f]{1,128})-([1-9][0-9]{0,8})$/;

/** The short form, for paths and people. Ids of another shape are returned as they are. */
export function toUrlId(incidentId: string): string {
  const match = idPattern.exec(incidentId);
  return match === null ? incidentId : `${match[1]}-${match[2]}`;
}

/** The incident's id from either form (a path segment is decoded before it gets here); null when it is neither. */
export function fromUrlId(text: string): string | null {
  if (idPattern.test(text)) return text;
  const match = urlPattern.exec(text);
  return match === null ? null : `incident/${match[1]}/${match[2]}`;
}
