// The JSON object in what a model wrote: alone, in a code fence, or with words around it.

/** The object, or null when there is none. Arrays and bare values are no answers. */
export function findObject(text: string): Readonly<Record<string, unknown>> | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end <= start) return null;
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null; // no JSON, or too deep to be read
  }
}
