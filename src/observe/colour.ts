// Colours for a person at a terminal: whether there are any, and what they are. Knows no line.

import process from "node:process";
import { isatty } from "node:tty";

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" } as const;

export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

export const painted: Paint = (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;
export const plain: Paint = (_colour, text) => text;

/**
 * Whether what is written on this descriptor is coloured: on a terminal, unless NO_COLOR is set (no-color.org). Where `mayForce`, FORCE_COLOR
 * says so for what is no terminal, such as the pipe to a program that starts several; `0` is no.
 */
export function isColoured(fd: number, { mayForce }: { readonly mayForce: boolean }): boolean {
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  const force = process.env["FORCE_COLOR"];
  if (mayForce && force !== undefined) return force !== "0" && force !== "false";
  return isatty(fd);
}
