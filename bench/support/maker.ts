// Who makes the keys of a bench.

import type { Principal } from '../../api/ports/principal.ts';

export const maker: Principal = { keyId: 'bench', name: 'bench', role: 'admin', person: 'owner' };
