// A schema with a name in the OpenAPI document, held to the type it describes: neither may have what the other has not.

import type { z } from 'zod';

/** What JSON of a type is to a handler: nothing in it is written to. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** Nothing left out: an optional field that one side has and the other forgot makes them differ. */
type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
    : T;

type Describes<T, Schema extends z.ZodType> = [T] extends [DeepReadonly<z.output<Schema>>]
  ? [Whole<z.output<Schema>>] extends [Whole<T>]
    ? Schema
    : never
  : never;

/**
 * `named<Scope>()('Scope', z.strictObject(…))`: a type error when some value of the type would not fit the schema, or
 * the other way round, and when the schema forgot a field, be it an optional one.
 */
export function named<T>() {
  return <Schema extends z.ZodType<T>>(id: string, schema: Schema & Describes<T, Schema>): z.ZodType<T, T> =>
    (schema as Schema).meta({ id }) as unknown as z.ZodType<T, T>;
}
