#!/usr/bin/env node
// Replaces node-gyp for prebuildify on machines without MSVC: compiles the addon to the place that node-gyp uses.
import path from 'node:path';

import { compileShim } from './compile.mjs';
import { repository } from './paths.mjs';

compileShim(path.join(repository, 'build/Release/websocket-protocol-component.node'));
