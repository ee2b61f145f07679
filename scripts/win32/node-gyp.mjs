#!/usr/bin/env node
// What prebuildify calls instead of node-gyp where there is no MSVC: compiles to where node-gyp would.
import path from 'node:path';

import { compileShim } from './compile.mjs';
import { repository } from './paths.mjs';

compileShim(path.join(repository, 'build/Release/websocket-protocol-component.node'));
