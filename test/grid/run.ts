// One application through all behaviours, beside its reference: a column of the grid.

import type { Behaviour } from "./behaviour.ts";
import { reasonFor } from "./known.ts";
import { type Peer, serveByReference, serveByTsgi } from "./peer.ts";
import type { Program } from "./programs.ts";
import { type Cell, type Facts, verdictOn } from "./verdict.ts";

/** Whatever a behaviour does, it ends. */
const LIMIT_MS = 20_000;

/** What fails to be observed is a fact too, and compared as one. */
async function observe(behaviour: Behaviour, peer: Peer): Promise<Facts> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_ok, no) => {
    timer = setTimeout(() => no(new Error(`not over in ${LIMIT_MS / 1_000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([behaviour.observe(peer), late]);
  } catch (error) {
    const { message } = error as Error;
    return { failed: message.split("\n")[0]!.replaceAll(String(peer.port), "<port>").slice(0, 200) };
  } finally {
    clearTimeout(timer);
  }
}

export type Column = ReadonlyMap<string, Facts>;

/** @param tell Told of each behaviour that is over. */
export async function look(
  peer: Peer,
  behaviours: readonly Behaviour[],
  tell: (id: string, facts: Facts) => void = () => {},
): Promise<Column> {
  const column = new Map<string, Facts>();
  for (const behaviour of behaviours) {
    const facts = await observe(behaviour, peer);
    column.set(behaviour.id, facts);
    tell(behaviour.id, facts);
  }
  return column;
}

/** The websockets of a fetch application are its server's: another one has another way. */
const isComparable = ({ id, alone }: Behaviour, { kind }: Program): boolean =>
  alone !== true && !(kind === "fetch" && id.startsWith("websocket-"));

/** The application on its own server. */
export async function reference(program: Program, behaviours: readonly Behaviour[]): Promise<Column> {
  const peer = await serveByReference(program);
  try {
    return await look(
      peer,
      behaviours.filter((behaviour) => isComparable(behaviour, program)),
    );
  } finally {
    await peer.end();
  }
}

/** The application on tsgi. */
export async function subject(program: Program, behaviours: readonly Behaviour[], workers: number): Promise<Column> {
  const peer = await serveByTsgi(program, workers);
  try {
    return await look(peer, behaviours);
  } finally {
    await peer.end();
  }
}

export interface Columns {
  readonly program: Program;
  readonly tsgi: Column;
  readonly reference: Column | undefined;
  /** Of the plain program on the same server. */
  readonly plain: Column | undefined;
}

export const judge = ({ program, tsgi, reference: beside, plain }: Columns, behaviours: readonly Behaviour[]) =>
  new Map<string, Cell>(
    behaviours.map(({ id, expected }) => [
      id,
      verdictOn({
        ...{ expected, tsgi: tsgi.get(id) ?? {}, reference: beside?.get(id), plain: plain?.get(id) },
        ...{ server: program.server, framework: program.title, known: reasonFor(program, id) },
      }),
    ]),
  );
