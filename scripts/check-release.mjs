// Refuses to publish a package.json with placeholders. Runs before each `npm publish`, in the release workflow and by hand.
// npm makes the relative links of the README from `repository`, and compares it with the provenance.
//
// usage: check-release.mjs [PACKAGE.JSON]
import { readFileSync } from 'node:fs';

// OWNER, and the names that RFC 2606 reserves: nobody can own them.
const PLACEHOLDER = /\bOWNER\b|\.(?:invalid|example|test)\b|\bexample\.(?:com|net|org)\b/i;

const [file = 'package.json'] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const mistakes = [];

for (const field of ['repository', 'homepage', 'bugs', 'author']) {
  const value = manifest[field];
  const text = typeof value === 'object' ? Object.values(value ?? {}).join(' ') : (value ?? '');
  if (text.trim() === '') mistakes.push(`${field} is missing`);
  else if (PLACEHOLDER.test(text)) mistakes.push(`${field} is a placeholder (${text})`);
}

const { GITHUB_SERVER_URL: host, GITHUB_REPOSITORY: name } = process.env;
if (mistakes.length === 0 && host !== undefined && name !== undefined) {
  const expected = `git+${host}/${name}.git`;
  const url = manifest.repository.url;
  if (url !== expected) mistakes.push(`repository.url is ${url}, the workflow runs in ${expected}`);
}

if (mistakes.length > 0) {
  console.error(`${file} cannot be published: ${mistakes.join('; ')}`);
  process.exit(1);
}
