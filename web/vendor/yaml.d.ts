/** Of https://eemeli.org/yaml/ 2.1: what the designers use. */
export type Path = Iterable<string | number>;
export interface Node {
  range?: [number, number, number] | null;
  comment?: string | null;
  commentBefore?: string | null;
  flow?: boolean;
  items?: unknown[];
}
export interface Document {
  contents: Node | null;
  errors: { message: string; pos: [number, number] }[];
  getIn(path: Path, keepScalar?: boolean): unknown;
  hasIn(path: Path): boolean;
  setIn(path: Path, value: unknown): void;
  addIn(path: Path, value: unknown): void;
  deleteIn(path: Path): boolean;
  createNode(value: unknown, options?: { flow?: boolean }): Node;
  toJS(): unknown;
  toString(options?: { lineWidth?: number; flowCollectionPadding?: boolean }): string;
}
export function parseDocument(text: string, options?: { keepSourceTokens?: boolean }): Document;
