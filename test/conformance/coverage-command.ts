/** `npm run coverage:spec`: prints which items of the behaviour notes have a scenario. Fails if an item has none. */
import { renderCoverage, specCoverage } from '../../lib/parity/spec-coverage.js';

const coverage = specCoverage();
process.stdout.write(renderCoverage(coverage));
process.exitCode = coverage.uncovered.length + coverage.mistakes.length === 0 ? 0 : 1;
