// Maps whose values a sender made up, read as labels.

/** The texts, numbers and truth values of a map as texts; of a list, its first. What is nested deeper names nothing and is left out. */
export function flatTexts(map: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map ?? {}).flatMap(([name, value]) => {
      const one: unknown = Array.isArray(value) ? value[0] : value;
      const isText = typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean';
      return isText ? [[name, String(one)]] : [];
    }),
  );
}
