/**
 * Plants faults in the sources, one at a time, to test whether `wspc parity fuzz` finds them. The sources are those
 * of the portable engine and those of the stand-in. Each fault is a change of a few characters that a person could
 * make.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import ts from 'typescript';

import type { Component } from '../../lib/component/index.js';

const REPOSITORY = path.resolve(__dirname, '../../..');
const ENGINE = 'lib/component';
const STAND_IN = 'test/stand-in';

/** A fault: the original text of a source, and its replacement. */
export interface Fault {
  readonly name: string;
  /** Relative to the folder of the sources. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

export const FAULTS_OF_THE_ENGINE: readonly Fault[] = [
  {
    name: 'a character of four bytes is counted wrong at a cut',
    file: 'portable/utf8.ts',
    before: 'byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4',
    after: 'byte < 0xe0 ? 2 : 3',
  },
  {
    name: 'a ping resets the state of UTF-8',
    file: 'portable/frame-reader.ts',
    before: 'if (opcode === PING) return Found.Ping;',
    after: 'if (opcode === PING) { this.text = null; return Found.Ping; }',
  },
  {
    name: 'characters above U+10FFFF are accepted',
    file: 'portable/utf8.ts',
    before: 'byte === 0xf4 ? 0x8f : 0xbf',
    after: '0xbf',
  },
  {
    name: 'a long payload that begins at an odd place is unmasked with the wrong byte of the key',
    file: 'portable/mask.ts',
    before:
      'for (; ((lead + at) & 7) !== 0; at++) {\n    bytes[at]! ^= key & 0xff;\n    key = (key >>> 8) | (key << 24);',
    after:
      'for (; ((lead + at) & 7) !== 0; at++) {\n    bytes[at]! ^= key & 0xff;\n    if (at > start) key = (key >>> 8) | (key << 24);',
  },
  {
    name: 'a length of 125 may be written in 16 bits',
    file: 'portable/frame-reader.ts',
    before: 'if (this.remaining < 126) return this.refuseLength();',
    after: 'if (this.remaining < 125) return this.refuseLength();',
  },
  {
    name: 'lengths of 2^63 and more are accepted',
    file: 'portable/frame-reader.ts',
    before: 'if (high > 0x7fffffff) {',
    after: 'if (high > 0xffffffff) {',
  },
  {
    name: 'a payload of 65536 bytes gets a length of 16 bits',
    file: 'portable/frame-header.ts',
    before: '} else if (payloadLength < 0x10000) {',
    after: '} else if (payloadLength <= 0x10000) {',
  },
  {
    name: 'the mask of a slice of odd length goes on at the wrong byte',
    file: 'portable/send-queue.ts',
    before: 'head.key = rotateKey(key, length);',
    after: 'head.key = rotateKey(key, length & ~1);',
  },
  {
    name: 'an empty last frame does not end its message',
    file: 'portable/frame-reader.ts',
    before: 'if (last) this.message = NO_MESSAGE;',
    after: 'if (last && length !== 0) this.message = NO_MESSAGE;',
  },
  {
    name: 'a send that is refused counts as begun',
    file: 'portable/outgoing.ts',
    before: 'const { state } = this;\n    if ((state & CLOSED)',
    after:
      'const { state } = this;\n    if (state !== BETWEEN_MESSAGES && state !== opcode) this.state = opcode;\n    if ((state & CLOSED)',
  },
  {
    name: 'a control frame that is cut is unmasked with the wrong byte of the key',
    file: 'portable/frame-reader.ts',
    before: 'const length = Math.min(this.remaining, limit - this.at);\n    for',
    after:
      'const length = Math.min(this.remaining, limit - this.at);\n    if (this.controlLength !== 0) this.key = rotateKey(this.key, 1);\n    for',
  },
  {
    name: 'the last byte of the longest reason of a close is lost',
    file: 'portable/incoming-close.ts',
    before: 'reason: body.subarray(2) }',
    after: 'reason: body.subarray(2, 124) }',
  },
];

export const FAULTS_OF_THE_STAND_IN: readonly Fault[] = [
  {
    name: 'of eight bytes of text, the first is not looked at',
    file: 'utf8.cc',
    before: '(word & 0x8080808080808080u) != 0',
    after: '(word & 0x8080808080808000u) != 0',
  },
  {
    name: 'a ping resets the state of UTF-8',
    file: 'receive_queue.cc',
    before: '  if (!IsCustom(header) && header.opcode == kOpPing) {\n',
    after: '  if (!IsCustom(header) && header.opcode == kOpPing) {\n    utf8_.Reset();\n',
  },
  {
    name: 'the last bytes of a piece are unmasked from the first byte of the key on',
    file: 'frame.cc',
    before: 'in[i] ^ turned[i % 8]',
    after: 'in[i] ^ key[i % 4]',
  },
  {
    name: 'status 1015 may be received',
    file: 'receive_queue.cc',
    before: ' &&\n         status != WEB_SOCKET_SECURE_HANDSHAKE_ERROR_CLOSE_STATUS',
    after: '',
  },
  {
    name: 'a pong waits although the last slice of the frame has been handed out',
    file: 'send_queue.cc',
    before: 'return operation->position < operation->frame_end;',
    after: 'return operation->position <= operation->frame_end;',
  },
  {
    name: 'an empty last frame is indicated as a fragment',
    file: 'receive_queue.cc',
    before: 'indication_.type = frame_custom_ ? CustomType(frame_, last) : DataType(last);',
    after: 'indication_.type = frame_custom_ ? CustomType(frame_, last) : DataType(last && piece > 0);',
  },
  {
    name: "the last byte of the application's buffer is not used",
    file: 'receive_queue.cc',
    before: 'piece = std::min<std::size_t>(piece, operation->app_capacity);',
    after:
      'piece = std::min<std::size_t>(piece, operation->app_capacity - (operation->app_capacity > 99 ? 1 : 0));',
  },
  {
    name: 'a length of 65535 gets 64 bits',
    file: 'frame.cc',
    before: 'extended = length < 0x10000 ? 2 : 8;',
    after: 'extended = length < 0xFFFF ? 2 : 8;',
  },
];

/** The text with the fault. */
function withFault(text: string, { name, file, before, after }: Fault): string {
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`"${name}" has ${parts.length - 1} places in ${file}, not one`);
  return parts.join(after);
}

/** Folders with copies of sources; call {@link removeCopies} in the end. */
const copies: string[] = [];

function copyOf(folder: string): string {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'wspc-planted-'));
  copies.push(copy);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

export function removeCopies(): void {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true });
}

/** The portable engine with a fault. The original engine stays loaded, too. */
export function engineWith(fault: Fault): Component {
  const copy = copyOf(path.join(REPOSITORY, 'dist', ENGINE));
  const source = withFault(readFileSync(path.join(REPOSITORY, ENGINE, fault.file), 'utf8'), fault);
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  writeFileSync(path.join(copy, fault.file.replace(/\.ts$/, '.js')), outputText);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the path of the copy is known only now
  return (require(path.join(copy, 'portable/index.js')) as { portable: Component }).portable;
}

/** A folder with the sources of the stand-in, with the fault. */
export function standInWith(fault: Fault): string {
  const copy = copyOf(path.join(REPOSITORY, STAND_IN));
  const file = path.join(copy, fault.file);
  writeFileSync(file, withFault(readFileSync(file, 'utf8'), fault));
  return copy;
}
