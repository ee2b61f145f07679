import { component, portable } from '../../lib/component/index.js';
import type { Component } from '../../lib/component/index.js';

/** Every backend that this machine has: the portable engine, and natively the operating system's component. */
export const backends: readonly Component[] = [...new Set([portable, component])];
