/** Files of a zip archive, as public data is handed out. Only what such archives need: no encryption, no more than 4 GB. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** Names and contents, in the order of the archive's directory. Source: PKWARE APPNOTE, 4.3.12 and 4.3.16. */
export function filesOfZip(file: string): readonly { readonly name: string; readonly content: Buffer }[] {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end === -1) throw new Error(`${file} is no zip archive`);
  const files: { name: string; content: Buffer }[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) =>
      zip.readUInt16LE(at + place),
    );
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    const [method, packed, start] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt32LE(at + 42),
    ];
    const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const content = zip.subarray(from, from + packed);
    if (!name.endsWith('/')) files.push({ name, content: method === 0 ? content : inflateRawSync(content) });
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}
