// What policy says of a plan, with the rule that said it.

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

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

/** True when `role` may do what `required` may. */
export function roleAtLeast(role: Role, required: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(required);
}
