/** Which Temporal CLI is used, and what proves that it is that one. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The last version that `go install` accepts: later ones carry replace directives. Server 1.29, Web UI 2.42. */
export const temporalCliVersion = 'v1.5.1';

/** SHA-256 of the release's archive, by platform. What has no line here is not downloaded. */
export const archiveChecksums: Readonly<Record<string, string>> = {
  'linux-x64': 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  'linux-arm64': 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  'darwin-x64': 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  'darwin-arm64': 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

/** Of the Go module at that version, as go.sum writes it: Go can be told to skip its own check. */
export const goModuleChecksum = 'h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=';

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
