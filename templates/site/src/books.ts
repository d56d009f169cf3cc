// The books that one visitor wants to read. They are kept in the visitor's session, which is a signed cookie: nothing is stored here, and every
// worker knows them. A site with more to keep has a database.

import type { Session } from "tsgi/application";

/** Characters of a title, and titles: a cookie has room for about 4000 bytes. */
export const LONGEST = 60;
const MOST = 10;

export const booksOf = (session: Session): readonly string[] => session.get<readonly string[]>("books", []);

/** @returns What is wrong with the title, in words for the visitor; undefined when it was taken. */
export function addBook(session: Session, title: string): string | undefined {
  const books = booksOf(session);
  if (title === "") return "Please say which book.";
  if (title.length > LONGEST) return `This has ${title.length} characters. There is room for ${LONGEST}.`;
  if (books.includes(title)) return "This one is on the list already.";
  if (books.length >= MOST) return `The list has room for ${MOST}. Read one first.`;
  session.set("books", [...books, title]);
  return undefined;
}

/** @returns The title; undefined when there is no such book. */
export function removeBook(session: Session, index: number): string | undefined {
  const books = booksOf(session);
  if (books[index] !== undefined) session.set("books", books.toSpliced(index, 1));
  return books[index];
}
