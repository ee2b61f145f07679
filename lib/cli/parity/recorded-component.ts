/** The component that `record` and `ask` put their questions to. */
import { loadNative, portable } from '../../component/index.js';
import type { Component } from '../../component/index.js';
import { UsageError } from '../usage.js';

/**
 * The operating system's component, or the engine where `--backend portable` asks for it.
 *
 * @throws UsageError another backend. NativeUnavailableError: there is no native backend here.
 */
export function recordedComponent(backend: string | undefined, help: string): Component {
  if (backend === undefined) return loadNative();
  if (backend !== 'portable') throw new UsageError('--backend takes "portable"', help);
  return portable;
}
