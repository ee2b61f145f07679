/**
 * Where the stand-in and the portable engine read an open question of the spec differently and nothing but a real
 * Windows can decide. `docs/parity.md` has the same list in words.
 */
export const AMBIGUOUS_SCENARIOS: Readonly<Record<string, string>> = {
  "Frames of extensions: A type that is the component's own is no extension's": 'Q-X1',
};

export const isStandIn = process.env['WSPC_NATIVE_LEG'] !== 'windows';
