// What policy says of a plan, with the rule that said it.

import type { Role } from '../role.ts';

export type Verdict =
  | { readonly kind: 'auto'; readonly rule: string; readonly reason: string }
  | {
      readonly kind: 'approval';
      readonly rule: string;
      readonly reason: string;
      readonly role: Role;
      readonly quorum: number;
      readonly deadlineSeconds: number;
    }
  | { readonly kind: 'deny'; readonly rule: string; readonly reason: string };
