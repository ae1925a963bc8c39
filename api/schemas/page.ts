// Every list has this shape: some items, and the cursor that asks for what follows.

import { z } from 'zod';

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null is the end.' }),
  });
