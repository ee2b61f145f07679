/** Names the items of the behaviour notes that a difference between two answers is about. */

const OF_FUNCTION: Readonly<Record<string, string>> = {
  WebSocketCreateClientHandle: 'B-1, Q-C1, Q-C3',
  WebSocketCreateServerHandle: 'B-1, Q-C1, Q-C3',
  WebSocketBeginClientHandshake: 'B-2, C-1, Q-H1, Q-H2, Q-H4',
  WebSocketEndClientHandshake: 'B-3, C-2, Q-H6, Q-H7, Q-H8',
  WebSocketBeginServerHandshake: 'B-4, C-3, Q-H10, Q-H11, Q-H12',
  WebSocketEndServerHandshake: 'B-5, Q-H5',
  WebSocketSend: 'B-6, Q-S5, Q-S7',
  WebSocketReceive: 'B-7, Q-R11, Q-A1',
  WebSocketGetAction: 'B-8, D-1',
  WebSocketCompleteAction: 'B-9',
  WebSocketAbortHandle: 'B-10, Q-A1',
  WebSocketDeleteHandle: 'B-11',
  WebSocketGetGlobalProperty: 'B-12, Q-G1, Q-G2',
};

const OF_ACTION: Readonly<Record<string, string>> = {
  SendToNetwork: 'D-2, Q-S1, Q-S2, Q-P2',
  IndicateSendComplete: 'D1-4, Q-S10',
  ReceiveFromNetwork: 'D-3, Q-R1',
  IndicateReceiveComplete: 'D-3, D-4, Q-R2, Q-R3, Q-P5',
  NoAction: 'D1-6, D1-7',
};

/** The items that specify the answers of a function. Actions and failures have items of their own. */
export function itemsOfAnswer(name: string, answer: unknown): string {
  if (name !== 'WebSocketGetAction') return OF_FUNCTION[name] ?? '';
  if (typeof answer === 'object' && answer !== null) {
    if ('code' in answer) return 'D-5, Q-E1';
    if ('action' in answer) return OF_ACTION[String(answer.action)] ?? OF_FUNCTION[name]!;
  }
  return OF_FUNCTION[name]!;
}
