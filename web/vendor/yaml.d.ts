/** Of https://eemeli.org/yaml/ 2.1: what the designers use. */
export interface Node {
  range?: [number, number, number] | null;
  flow?: boolean;
  /** Of a scalar: "PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "BLOCK_FOLDED". */
  type?: string;
  value?: unknown;
}
export interface YAMLMap extends Node {
  items: Pair[];
}
export interface YAMLSeq extends Node {
  items: Node[];
}
export interface Pair {
  key: Node;
  value: Node | null;
}
export class Scalar implements Node {
  constructor(value: unknown);
  type?: string;
  value: unknown;
}
export interface ParsedDocument {
  contents: Node | null;
  errors: { message: string; pos: [number, number] }[];
  toJS(): unknown;
}
export class Document {
  constructor(value: unknown, options?: { schema?: "failsafe" | "core" });
  contents: Node;
  toString(options?: { lineWidth?: number }): string;
}
export function parseDocument(text: string, options?: { schema?: "failsafe" | "core" }): ParsedDocument;
export function isMap(node: unknown): node is YAMLMap;
export function isSeq(node: unknown): node is YAMLSeq;
