import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.resolve(__dirname, '../../../prebuilds/win32-x64/websocket-protocol-component.node');
const SYSTEM = new Set(['advapi32.dll', 'kernel32.dll', 'msvcrt.dll']);
const isSystem = (name: string): boolean =>
  SYSTEM.has(name) ||
  name.startsWith('api-ms-win-') ||
  name === 'vcruntime140.dll' ||
  name === 'vcruntime140_1.dll';

/** The parts of a PE32+ file that the tests need. */
class PortableExecutable {
  private readonly optional: number;

  constructor(private readonly bytes: Buffer) {
    const header = bytes.readUInt32LE(0x3c);
    assert.equal(bytes.toString('latin1', header, header + 4), 'PE\0\0');
    this.optional = header + 24;
    assert.equal(bytes.readUInt16LE(this.optional), 0x20b);
  }

  get machine(): number {
    return this.bytes.readUInt16LE(this.optional - 20);
  }

  get characteristics(): number {
    return this.bytes.readUInt16LE(this.optional + 70);
  }

  directory(index: number): number {
    return this.bytes.readUInt32LE(this.optional + 112 + 8 * index);
  }

  private fileOffset(address: number): number {
    const sections = this.optional + this.bytes.readUInt16LE(this.optional - 4);
    const count = this.bytes.readUInt16LE(this.optional - 18);
    for (let index = 0; index < count; index++) {
      const section = sections + 40 * index;
      const start = this.bytes.readUInt32LE(section + 12);
      const size = this.bytes.readUInt32LE(section + 8);
      if (address >= start && address < start + size) {
        return address - start + this.bytes.readUInt32LE(section + 20);
      }
    }
    throw new Error(`no section holds ${address}`);
  }

  private text(address: number): string {
    const start = this.fileOffset(address);
    return this.bytes.toString('latin1', start, this.bytes.indexOf(0, start)).toLowerCase();
  }

  /** Names of the DLLs, from the import directory or the delay-load directory. */
  imports(directory: number, stride: number, nameAt: number): string[] {
    const names: string[] = [];
    if (this.directory(directory) === 0) return names;
    for (let at = this.fileOffset(this.directory(directory)); ; at += stride) {
      const name = this.bytes.readUInt32LE(at + nameAt);
      if (name === 0) return names;
      names.push(this.text(name));
    }
  }
}

describe('the prebuilt addon for 64-bit Windows', () => {
  let file: PortableExecutable;

  before(function () {
    // Making it needs mingw-w64 or Windows: npm run build:win32.
    if (!existsSync(FILE)) this.skip();
    file = new PortableExecutable(readFileSync(FILE));
  });

  it('is for x64', () => {
    assert.equal(file.machine, 0x8664);
  });

  it('may be loaded at any address and has no executable data', () => {
    const HIGH_ENTROPY_VA = 0x20;
    const DYNAMIC_BASE = 0x40;
    const NX_COMPAT = 0x100;
    const all = HIGH_ENTROPY_VA | DYNAMIC_BASE | NX_COMPAT;
    assert.equal(file.characteristics & all, all);
    assert.notEqual(file.directory(5), 0, 'base relocations');
  });

  it('imports only DLLs of Windows', () => {
    const names = file.imports(1, 20, 12);
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !isSystem(name)),
      [],
    );
    assert.equal(names.includes('node.exe'), false);
    assert.equal(names.includes('websocket.dll'), false);
  });

  it('looks for Node in the program that loads it', () => {
    // MSVC lists delay-loaded DLLs in a directory, mingw-w64 does not.
    const delayed = file.imports(13, 32, 4);
    assert.ok(delayed.length === 0 || delayed.every((name) => name === 'node.exe'), delayed.join());
    assert.equal(file.imports(1, 20, 12).includes('node.exe'), false);
  });
});
