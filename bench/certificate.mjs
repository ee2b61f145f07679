/** A certificate for localhost, in files, since µWebSockets.js reads it from there. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';

const folder = fileURLToPath(new URL('../.cache/bench-certificate/', import.meta.url));
const files = { key: `${folder}key.pem`, cert: `${folder}cert.pem` };

export async function certificateFiles() {
  if (!existsSync(files.cert)) {
    mkdirSync(folder, { recursive: true });
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
      algorithm: 'sha256',
    });
    writeFileSync(files.key, made.private);
    writeFileSync(files.cert, made.cert);
  }
  return files;
}
