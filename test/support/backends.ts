import { component, portable } from '../../lib/component/index.js';
import type { Component } from '../../lib/component/index.js';

/** Every backend of this machine: the portable engine, and on Windows the operating system's component. */
export const backends: readonly Component[] = [...new Set([portable, component])];
