/** What an owner keeps of a workload, and whether the workload is otherwise. */

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
};

/** Whether something that is wanted is otherwise, or something that is to be absent (null) is there; what nobody wants does not count. */
export function drifted(wanted: unknown, is: unknown): boolean {
  if (Array.isArray(wanted))
    return wanted.some((item, index) => drifted(item, Array.isArray(is) ? is[index] : undefined));
  if (!isObject(wanted)) return wanted !== (is ?? null);
  return Object.entries(wanted).some(([key, value]) => drifted(value, isObject(is) ? is[key] : undefined));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
