// The public declarations of the sources, as the compiler sees them, for the pages that are made of them.
import path from 'node:path';

import ts from 'typescript';

import { repository } from '../win32/paths.mjs';

const ENTRIES = ['lib/index.ts', 'lib/topics/index.ts', 'lib/ws/index.ts', 'lib/component/index.ts'];

/** Whether a declaration is in the sources of this package, not in those of Node or of a library. */
export function isOwn(declaration) {
  return path.relative(repository, declaration.getSourceFile().fileName).startsWith(`lib${path.sep}`);
}

export class Declarations {
  #checker;
  #program;

  constructor() {
    const file = path.join(repository, 'tsconfig.json');
    const { config } = ts.readConfigFile(file, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
    this.#program = ts.createProgram(
      ENTRIES.map((entry) => path.join(repository, entry)),
      { ...options, noEmit: true },
    );
    this.#checker = this.#program.getTypeChecker();
  }

  /** An exported function, class or interface of a file, by its name. */
  exported(file, name) {
    const source = this.#program.getSourceFile(path.join(repository, file));
    const symbol =
      source && this.#checker.getSymbolAtLocation(source) !== undefined
        ? this.#checker
            .getExportsOfModule(this.#checker.getSymbolAtLocation(source))
            .find((one) => one.name === name)
        : undefined;
    if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The members of an interface or a type alias. */
  members(symbol) {
    return this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(symbol));
  }

  /** The interfaces of this package that a type names, such as `CloseInfo`: name and members, as they are written. */
  shapesIn(node) {
    const shapes = new Map();
    const visit = (one) => {
      if (ts.isTypeReferenceNode(one)) {
        const found = this.#checker.getSymbolAtLocation(one.typeName);
        const symbol =
          found !== undefined && found.flags & ts.SymbolFlags.Alias
            ? this.#checker.getAliasedSymbol(found)
            : found;
        const isClass = ((symbol?.flags ?? 0) & ts.SymbolFlags.Class) !== 0;
        const declaration = isClass ? undefined : symbol?.declarations?.find(isOwn);
        if (declaration !== undefined && ts.isInterfaceDeclaration(declaration))
          shapes.set(symbol.name, `{ ${declaration.members.map(memberOf).join('; ')} }`);
        if (declaration !== undefined && ts.isTypeAliasDeclaration(declaration))
          shapes.set(symbol.name, typeOf(declaration));
      }
      one.forEachChild(visit);
    };
    visit(node);
    return shapes;
  }

  /** The declarations of all interfaces `...Options` that the sources of this package export. */
  optionInterfaces() {
    return this.#program
      .getSourceFiles()
      .filter(isOwn)
      .flatMap((file) => file.statements)
      .filter(
        (one) =>
          ts.isInterfaceDeclaration(one) &&
          one.name.text.endsWith('Options') &&
          one.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
      );
  }

  /**
   * The types of the options of a function, a constructor (`new`) or a method: of each parameter whose type is an object of
   * options, in each overload.
   */
  optionTypes(symbol, method) {
    const type = this.#checker.getTypeOfSymbol(symbol);
    const declared =
      method === undefined || method === 'new'
        ? type
        : this.#methodOf(this.#checker.getDeclaredTypeOfSymbol(symbol), method);
    const signatures = method === 'new' ? type.getConstructSignatures() : declared.getCallSignatures();
    return signatures.flatMap((signature) =>
      signature.parameters
        .map((parameter) => this.#checker.getTypeOfSymbol(parameter))
        .flatMap((one) => (one.isUnion() ? one.types : [one]))
        .filter((one) => this.#isOptions(one)),
    );
  }

  #methodOf(type, name) {
    const method = type.getProperty(name);
    if (method === undefined) throw new Error(`no method ${name}`);
    return this.#checker.getTypeOfSymbol(method);
  }

  /** An object whose members are all optional and at least one of which is declared here. */
  #isOptions(type) {
    if ((type.flags & ts.TypeFlags.Object) === 0 && !type.isIntersection()) return false;
    if (type.getCallSignatures().length !== 0 || this.#checker.isArrayLikeType(type)) return false;
    const members = type.getProperties();
    return (
      members.some((one) => one.declarations?.some(isOwn)) &&
      members.every((one) => (one.flags & ts.SymbolFlags.Optional) !== 0)
    );
  }

  /** The options of a type that this package declares, with those of the objects among their values. */
  optionsOf(type) {
    return type.getProperties().flatMap((member) => {
      const declaration = member.declarations?.find(isOwn);
      if (declaration === undefined) return [];
      const own = { name: member.name, declaration };
      const inner = this.#checker.getTypeOfSymbol(member);
      const parts = (inner.isUnion() ? inner.types : [inner]).filter((one) => this.#isOptions(one));
      const nested = parts.flatMap((one) => this.optionsOf(one));
      return [
        own,
        ...nested.map(({ name, declaration: below }) => ({
          name: `${member.name}.${name}`,
          declaration: below,
        })),
      ];
    });
  }
}

/** The text of a documentation comment, as Markdown without links. */
export function textOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(
    /\{@link\s+([^}]+)\}/g,
    (_, name) => `\`${name.trim()}\``,
  );
}

/** The text of a tag of a declaration; undefined without the tag. */
export function tagOf(node, name) {
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === name);
  if (tag !== undefined) return (ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/\s+/g, ' ').trim();
  return undefined;
}

/** The type as it is written, without `undefined`. */
export function typeOf(declaration) {
  const { type } = declaration;
  if (type === undefined) return '';
  const parts = ts.isUnionTypeNode(type) ? type.types : [type];
  const said = parts.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
  const texts = said.map((one) =>
    (said.length === 1 && ts.isParenthesizedTypeNode(one) ? one.type : one).getText(),
  );
  return texts.join(' | ').replace(/\s+/g, ' ').trim();
}

/** A cell of a table in Markdown. */
export function cell(text) {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

/** The first sentence of a text. */
export function firstSentence(text) {
  const flat = text.split('\n\n')[0].replace(/\s+/g, ' ').trim();
  return /^.*?\.(?= [A-Z`]|$)/.exec(flat)?.[0] ?? flat;
}

function memberOf(member) {
  const isOptional = member.questionToken !== undefined;
  return `${member.name.getText()}${isOptional ? '?' : ''}: ${typeOf(member)}`;
}
