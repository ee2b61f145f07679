import { strict as assert } from 'node:assert';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Terminal } from '../../support/terminal.js';
import { WSPC, wspc } from '../../support/wspc.js';

const run = promisify(execFile);

/** Whether a program is there; a machine that must have everything fails in place of a skip. */
const has = (program: string): boolean => spawnSync(program, ['-c', 'exit 0']).status === 0;

describe('wspc completion', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-completion-'));
  const bin = path.join(folder, 'bin');
  let env: NodeJS.ProcessEnv;
  before(() => {
    mkdirSync(bin);
    symlinkSync(WSPC, path.join(bin, 'wspc'));
    mkdirSync(path.join(folder, 'here'));
    writeFileSync(path.join(folder, 'here/my cert.pem'), '');
    env = { ...process.env, PATH: `${bin}:${process.env['PATH']!}` };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('bash', () => {
    /** What bash offers for the last word. */
    const offers = async (...words: string[]): Promise<string[]> => {
      const script = `
        source <(wspc completion bash)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _wspc
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', ...words], {
        env,
        cwd: path.join(folder, 'here'),
      });
      return stdout.split('\n').filter((line) => line !== '');
    };

    for (const [words, expected] of [
      [
        ['wspc', ''],
        ['connect', 'serve', 'bench', 'info', 'parity', 'completion', 'help'],
      ],
      [
        ['wspc', 'co'],
        ['connect', 'completion'],
      ],
      [['wspc', '--v'], ['--version']],
      [
        ['wspc', 'connect', '--max-'],
        ['--max-time', '--max-redirects', '--max-payload'],
      ],
      [['wspc', 'connect', '-k', 'ws://x/', '--subp'], ['--subprotocol']],
      [['wspc', 'connect', '--subprotocol', ''], []],
      [['wspc', 'connect', '--ca', ''], ['my cert.pem']],
      [['wspc', 'serve', '--ch'], ['--chat']],
      [['wspc', 'serve', 'my'], ['my cert.pem']],
      [['wspc', 'completion', 'f'], ['fish']],
      [['wspc', 'help', 'be'], ['bench']],
    ] as const) {
      it(`completes ${words.join(' ')}`, async () => {
        assert.deepEqual(await offers(...words), expected);
      });
    }

    it('completes the subcommands of wspc parity, those of its help', async () => {
      const offered = await offers('wspc', 'parity', '');
      assert.ok(offered.length >= 7 && offered.includes('fuzz'));
      const { stdout } = await wspc(['parity', '--help']);
      for (const name of offered) assert.match(stdout.toString(), new RegExp(`^ {2}${name} `, 'm'));
    });
  });

  for (const [shell, start, load] of [
    ['bash', 'bash --norc --noprofile -i', 'source <(wspc completion bash)'],
    ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; source <(wspc completion zsh)'],
  ] as const) {
    it(`completes in a terminal with ${shell}`, async function () {
      if (!has(shell) || spawnSync('tmux', ['-V']).status !== 0) this.skip();
      const terminal = await Terminal.start(`cd '${folder}/here'; PATH='${bin}':$PATH PS1='$ ' ${start}`);
      try {
        await terminal.type(`${load}; echo rea''dy`);
        await terminal.press('Enter');
        await terminal.shows(/^ready$/m);
        await terminal.type('wspc conn');
        await terminal.press('Tab');
        await terminal.shows(/wspc connect$/m);
        await terminal.type('--subp');
        await terminal.press('Tab');
        await terminal.shows(/wspc connect --subprotocol$/m);
        await terminal.type('x --ca m');
        await terminal.press('Tab');
        await terminal.shows(/wspc connect --subprotocol x --ca my\\ cert\.pem$/m);
      } finally {
        await terminal.close();
      }
    });
  }

  it('completes with fish', async function () {
    if (!has('fish')) this.skip();
    const offers = async (line: string): Promise<string[]> => {
      const script = 'wspc completion fish | source; complete -C $argv[1]';
      const { stdout } = await run('fish', ['--no-config', '-c', script, line], {
        env: { ...env, HOME: folder },
        cwd: path.join(folder, 'here'),
      });
      return stdout
        .split('\n')
        .filter((each) => each !== '')
        .map((each) => each.split('\t')[0]!);
    };
    assert.deepEqual(await offers('wspc co'), ['completion', 'connect']);
    assert.deepEqual(await offers('wspc connect --subp'), ['--subprotocol']);
    assert.deepEqual(await offers('wspc connect --ca my'), ['my cert.pem']);
    assert.deepEqual(await offers('wspc completion z'), ['zsh']);
  });

  it('knows three shells', async () => {
    const { status, stderr } = await wspc(['completion', 'tcsh']);
    assert.equal(status, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});
