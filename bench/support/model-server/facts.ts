// What a prompt told the model, read back.

export type Facts = {
  readonly environment: string;
  readonly services: readonly string[];
  readonly evidence: readonly { readonly id: string; readonly service: string; readonly finding: string }[];
  readonly logMessages: readonly { readonly id: string; readonly text: string }[];
};

/** Empty facts for a prompt that has none. */
export function readFacts(prompt: string): Facts {
  const inside = /<facts>\n(.*)\n<\/facts>/s.exec(prompt)?.[1];
  const none = { environment: '', services: [], evidence: [], logMessages: [] };
  return inside === undefined ? none : { ...none, ...(JSON.parse(inside) as Partial<Facts>) };
}
