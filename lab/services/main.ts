/** Entry of a replica process; the compile cache makes the second and every later start fast. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runReplica } = await import('./replica.ts');
await runReplica(JSON.parse(process.argv[2] ?? '{}'));
