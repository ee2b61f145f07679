#!/usr/bin/env node
/** The `wspc` command. */
import { runProgram } from './program.js';

// A reader of the output may stop early, as head does. That is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

void runProgram(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
