/** `wspc parity status`. */
import { parseBundle } from '../../parity/bundle.js';
import type { System } from '../../parity/bundle.js';
import { judgeQuestions } from '../../parity/questions.js';
import type { JudgedQuestion, Verdict } from '../../parity/questions.js';
import { readDocuments } from '../../parity/scenario/documents.js';
import { readSpecItems } from '../../parity/spec-coverage.js';
import { EVIDENCE_MEANS, statusOf } from '../../parity/status.js';
import type { Evidence } from '../../parity/status.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import type { Narrator } from '../narrator.js';
import { reading, textOf } from './given-file.js';

const HELP = `Usage: wspc parity status [OPTION]...

Counts how much of the component's behaviour is documented, relied on by other programs, seen on a real Windows one layer
above the DLL, guessed, and recorded on Windows.

  --open           list the open questions that no recording has answered
  --recorded FILE  list which open questions the bundle FILE confirms, contradicts, and does not reach
  --json           one JSON document instead of text

Examples:
  wspc parity status
  wspc parity status --open
  wspc parity status --recorded parity-10.0.26100.1.json`;

function showQuestions(
  narrator: Narrator,
  file: string,
  system: System,
  questions: readonly JudgedQuestion[],
): void {
  const list = (verdict: Verdict, show: (question: JudgedQuestion) => void): void => {
    const found = questions.filter((question) => question.verdict === verdict);
    narrator.heading(`${verdict}: ${found.length} of ${count(questions.length, 'open question')}`);
    found.forEach(show);
  };
  const line = ({ id, text }: JudgedQuestion): void => narrator.line(`  ${id.padEnd(6)} ${text}`);
  narrator.line(`recorded on ${system.recordedOn}, Node ${system.node} ${system.arch}`);
  list('contradicted', (question) => {
    line(question);
    narrator.line(
      narrator.style(
        'dim',
        `         ${question.contradictedBy.length} of ${count(question.recorded, 'scenario')} differ`,
      ),
    );
    for (const name of question.contradictedBy) narrator.line(narrator.style('dim', `         by "${name}"`));
  });
  list('not reached', line);
  list('confirmed', line);
  narrator.line();
  narrator.line(
    system.isWindows
      ? `Next, in a checkout of the repository: npx wspc parity adopt ${file} --dry-run`
      : 'This is not Windows’ own DLL: the file proves nothing about it.',
  );
}

export const statusCommand: Command = (args, narrator) => {
  const help = 'wspc parity status --help';
  const { values } = parse(
    args,
    { open: { type: 'boolean' }, recorded: { type: 'string' }, json: { type: 'boolean' } },
    help,
  );
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  const { recorded } = values;
  if (recorded !== undefined) {
    const text = textOf(recorded, help);
    const bundle = reading(recorded, help, () => parseBundle(text));
    const questions = judgeQuestions(bundle, readDocuments(), readSpecItems().questions);
    if (values.json === true) narrator.line(JSON.stringify({ system: bundle.system, questions }, null, 2));
    else showQuestions(narrator, recorded, bundle.system, questions);
    return Promise.resolve(0);
  }
  const status = statusOf(readSpecItems(), readDocuments());
  if (values.json === true) {
    narrator.line(JSON.stringify(status, null, 2));
    return Promise.resolve(0);
  }
  const row = (number: number, text: string) => narrator.line(`${String(number).padStart(5)}  ${text}`);
  narrator.heading('Items of the behaviour notes, by their best evidence');
  for (const [evidence, number] of Object.entries(status.byEvidence)) {
    row(number, `${evidence.padEnd(15)} ${narrator.style('dim', EVIDENCE_MEANS[evidence as Evidence])}`);
  }
  const partly = status.items.filter(({ isPartlyGuessed }) => isPartlyGuessed).length;
  row(partly, narrator.style('dim', 'of them are partly guessed'));
  narrator.heading('Open questions');
  const open = status.questions.filter(({ recordedOn }) => recordedOn.length === 0);
  row(status.questions.length - open.length, 'answered by a recording on Windows');
  for (const [evidence, number] of Object.entries(status.openQuestions)) {
    if (number > 0) row(number, `answered meanwhile by what is ${evidence}`);
  }
  if (values.open === true) {
    for (const { id, text, evidence } of open) narrator.line(`       ${id.padEnd(6)} ${text} (${evidence})`);
  }
  narrator.heading('Scenarios');
  row(status.scenarios, 'in all');
  row(
    status.unrecorded['win+'],
    'rest on what was seen on a real Windows above the DLL, with no other cause',
  );
  row(status.unrecorded.win, 'rest on what was seen on a real Windows above the DLL');
  row(status.unrecorded.guess, 'rest on a guess');
  const builds = Object.entries(status.recordedOn);
  for (const [build, number] of builds) row(number, `recorded on ${build}`);
  if (builds.length === 0) row(0, 'recorded on Windows');
  return Promise.resolve(0);
};
