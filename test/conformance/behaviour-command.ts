/** `npm run docs:behaviour`: writes `docs/behaviour.md`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderBehaviour } from './behaviour.js';
import { packageRoot, readDocuments } from '../../lib/parity/scenario/documents.js';
import { specCoverage } from '../../lib/parity/spec-coverage.js';

writeFileSync(join(packageRoot(), 'docs', 'behaviour.md'), renderBehaviour(readDocuments(), specCoverage()));
