/** Entry of the supervisor process. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('./supervisor.ts');
await main(process.argv.slice(2));
