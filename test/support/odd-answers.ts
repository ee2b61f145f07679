/** The expected output of test/native/children/odd.ts. */

/**
 * The data before the odd answer, the error of that call, and the error of the next one; or the data that both calls
 * received.
 */
const RECEIVED: Readonly<Record<string, string>> = {
  'action=5': 'one E_FAIL E_FAIL',
  'action=0xFFFFFFFF': 'one E_FAIL E_FAIL',
  'type=0x200': 'one E_FAIL E_FAIL',
  'type=0x7FFFFFFF': 'one E_FAIL E_FAIL',
  'type=0x80000007': 'one E_FAIL E_FAIL',
  nothing: 'one two three undefined E_FAIL',
  null: 'one E_FAIL E_FAIL',
  'buffers=4000000000': 'one two three undefined four undefined',
  context: 'one two three undefined four undefined',
};

/** The results of two sends, and their bytes. An incomplete frame breaks the session, and leaves no output. */
const SENT: Readonly<Record<string, string>> = {
  'action=5': 'E_FAIL, broken, E_INVALID_PROTOCOL_OPERATION, broken,',
  'action=3': 'E_FAIL, broken, E_INVALID_PROTOCOL_OPERATION, broken,',
  'failure=0x80070057': 'E_INVALIDARG, broken, E_INVALID_PROTOCOL_OPERATION, broken,',
  'buffers=4000000000': 'undefined undefined 81036f6e65810374776f',
  null: 'E_FAIL, broken, E_INVALID_PROTOCOL_OPERATION, broken,',
  context: 'undefined undefined 81036f6e65810374776f',
};

/** The contract shows unknown actions and types unchanged, since a recording of Windows must have them. */
const CONTRACT: Readonly<Record<string, string>> = {
  'action=5': '5 2147483648, undefined, 5 2147483648',
  'type=0x7FFFFFFF': '4 2147483647 3, undefined, 1 2147483648 2+3 (not reached)',
  'type=0x80000004': '4 2147483652  close, undefined, 1 2147483648 2+3 (not reached)',
  'buffers=4000000000': '4 2147483648 3, undefined, 1 2147483648 2+3',
  null: 'E_FAIL, E_INVALID_PROTOCOL_OPERATION, 0 0 (not reached)',
  context: '4 2147483648 3, undefined, 1 2147483648 2+3',
};

const HANDSHAKE: Readonly<Record<string, string>> = {
  'subprotocol=7': '{"selectedExtensions":[0]}',
  'extension=7': 'E_FAIL',
  'extensions=4000000000': 'E_FAIL',
  'extensions=1': '{"selectedExtensions":[0],"selectedSubprotocol":0}',
};

const DRIVERS = ['auto', 'action-loop'];

export const ODD_ANSWERS: readonly string[] = [
  ...Object.entries(RECEIVED).flatMap(([odd, seen]) =>
    DRIVERS.map((name) => `${odd} receive ${name}: ${seen}`),
  ),
  ...Object.entries(SENT).flatMap(([odd, seen]) => DRIVERS.map((name) => `${odd} send ${name}: ${seen}`)),
  ...Object.entries(CONTRACT).map(([odd, seen]) => `${odd} contract: ${seen}`),
  ...Object.entries(HANDSHAKE).map(([odd, seen]) => `${odd}: ${seen}`),
];
