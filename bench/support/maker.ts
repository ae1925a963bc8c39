// Who makes the keys of a bench.

import type { Principal } from '../../api/ports.ts';

export const maker: Principal = { keyId: 'bench', name: 'bench', role: 'admin', person: 'owner' };
