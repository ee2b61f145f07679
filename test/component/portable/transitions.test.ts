import { strict as assert } from 'node:assert';

import { ActionQueue, BufferType } from '../../../lib/component/contract.js';
import type { ClientHandle, HttpHeader, ServerHandle } from '../../../lib/component/contract.js';
import { ComponentError } from '../../../lib/component/errors.js';
import { TRANSITIONS } from '../../../lib/component/portable/handle.js';
import type { Call, State } from '../../../lib/component/portable/handle.js';
import { portable } from '../../../lib/component/portable/index.js';

type AnyHandle = ClientHandle & ServerHandle;
type Role = keyof typeof TRANSITIONS;

/** A handle with the headers for the next call of its handshake. */
interface Subject {
  readonly role: Role;
  readonly handle: AnyHandle;
  headers: readonly HttpHeader[];
}

function create(role: Role): Subject {
  const handle = (
    role === 'client' ? portable.createClientHandle() : portable.createServerHandle()
  ) as AnyHandle;
  const request = [...portable.createClientHandle().beginClientHandshake(), { name: 'Host', value: '' }];
  return { role, handle, headers: request };
}

const CALLS: Record<Call, (subject: Subject) => void> = {
  begin(subject) {
    const { role, handle, headers: requestHeaders } = subject;
    if (role === 'server') {
      handle.beginServerHandshake({ requestHeaders });
      return;
    }
    const offered = [...handle.beginClientHandshake(), { name: 'Host', value: '' }];
    subject.headers = portable.createServerHandle().beginServerHandshake({ requestHeaders: offered });
  },
  endClient: ({ handle, headers }) => handle.endClientHandshake(headers),
  endServer: ({ handle }) => handle.endServerHandshake(),
  send: ({ handle }) => handle.send(BufferType.PingPong),
  receive: ({ handle }) => handle.receive(),
  getAction: ({ handle }) => handle.getAction(ActionQueue.All),
  abort: ({ handle }) => handle.abort(),
};

const PATHS: Record<State, (role: Role) => Call[]> = {
  created: () => [],
  handshaking: () => ['begin'],
  open: (role) => ['begin', role === 'client' ? 'endClient' : 'endServer'],
  aborted: (role) => [...PATHS.open(role), 'abort'],
};

function outcome(subject: Subject, call: Call): string | null {
  try {
    CALLS[call](subject);
    return null;
  } catch (error) {
    assert.ok(error instanceof ComponentError);
    return error.code;
  }
}

/** The answers of a handle to all calls. They show its state. */
function signature(role: Role, path: readonly Call[]): string {
  const answers = (Object.keys(CALLS) as Call[]).map((call) => {
    const subject = create(role);
    for (const step of path) outcome(subject, step);
    return `${call} ${outcome(subject, call)}`;
  });
  return answers.join();
}

describe('the transition table', () => {
  for (const role of ['client', 'server'] as const) {
    const otherSide: Call = role === 'client' ? 'endServer' : 'endClient';

    for (const state of Object.keys(PATHS) as State[]) {
      for (const call of Object.keys(CALLS) as Call[]) {
        const next = TRANSITIONS[role][state][call];
        const expected = next ?? 'refused';

        it(`${role}, ${state}: ${call} -> ${expected}`, () => {
          const subject = create(role);
          for (const step of PATHS[state](role)) assert.equal(outcome(subject, step), null);
          const code = outcome(subject, call);
          if (next !== null) assert.equal(code, null);
          else assert.equal(code, call === otherSide ? 'E_INVALIDARG' : 'E_INVALID_PROTOCOL_OPERATION');
          const path = [...PATHS[state](role), call];
          assert.equal(signature(role, path), signature(role, PATHS[next ?? state](role)));
        });
      }
    }
  }
});
