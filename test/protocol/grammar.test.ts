import assert from "node:assert/strict";
import { test } from "node:test";
import {
  authorityOf,
  isBlank,
  isDigits,
  isFieldValue,
  isHost,
  isToken,
  listMembers,
  trimBlanks,
} from "../../src/protocol/grammar.ts";

const BYTES = Array.from({ length: 256 }, (_zero, byte) => String.fromCharCode(byte));

test("isToken takes the 77 characters of RFC 9110 section 5.6.2, one at least, and no other byte", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const tchar = new Set(`!#$%&'*+-.^_\`|~0123456789${letters}${letters.toUpperCase()}`);
  assert.equal(tchar.size, 77);
  for (const byte of BYTES) {
    assert.equal(isToken(byte), tchar.has(byte), JSON.stringify(byte));
    assert.equal(isToken(`a${byte}b`), tchar.has(byte), JSON.stringify(byte));
  }
  assert.equal(isToken(""), false);
  assert.equal(isToken("chun\u212Aed"), false);
});

test("isFieldValue refuses every control character but HTAB, and everything above U+00FF", () => {
  for (const [code, byte] of BYTES.entries()) {
    const fits = code === 9 || (code >= 0x20 && code !== 0x7f);
    assert.equal(isFieldValue(`a${byte}b`), fits, JSON.stringify(byte));
  }
  assert.equal(isFieldValue(""), true);
  // Written as latin-1, U+010A is a line feed.
  assert.equal(isFieldValue("a\u010Ab"), false);
});

test("isDigits takes ASCII digits only, one at least", () => {
  for (const good of ["0", "5", "005", "9".repeat(400)]) assert.equal(isDigits(good), true, good);
  for (const bad of ["", " 5", "5 ", "+5", "-0", "0x5", "1e1", "5.0", "1_0", "5\n", "\u0665", "5,5"]) {
    assert.equal(isDigits(bad), false, JSON.stringify(bad));
  }
});

test("isHost takes names, addresses and IP literals with an optional port", () => {
  for (const good of ["a", "a.b", "A_b-~.c", "127.0.0.1:80", "a:", "[::1]", "[2001:db8::1]:65535", "%41", "a;b=c"]) {
    assert.equal(isHost(good), true, good);
  }
});

test("isHost refuses what is empty, has a user, a path, white space, two ports, or half a bracket or escape", () => {
  const bad = [
    "",
    ":80",
    "u@a",
    "a/b",
    "a?b",
    "a#b",
    "a b",
    "a\t",
    "a:1:2",
    "a:x",
    "a:123456",
    "[::1",
    "::1",
    "[::1]a",
  ];
  for (const host of [...bad, "[]", "[g]", "a%4", "a%zz", "\xe9", "a\\b", '"a"', "a<b>"]) {
    assert.equal(isHost(host), false, JSON.stringify(host));
  }
});

test("authorityOf finds the host and port of an http URL, and nothing in anything else", () => {
  assert.equal(authorityOf("http://a:1/b"), "a:1");
  assert.equal(authorityOf("HTTPS://a?b"), "a");
  assert.equal(authorityOf("http://u@a/"), "u@a");
  assert.equal(authorityOf("http:///a"), "");
  for (const other of ["/http://a/", "ftp://a/", "a:80", "http:/a", "httpx://a/"]) {
    assert.equal(authorityOf(other), undefined, other);
  }
});

test("listMembers gives members in lower case without blanks, empty ones too", () => {
  assert.deepEqual(listMembers("Close"), ["close"]);
  assert.deepEqual(listMembers(" a ,\tB\t,,c d"), ["a", "b", "", "c d"]);
  assert.deepEqual(listMembers(""), [""]);
  assert.deepEqual(listMembers("\xa0chunked"), ["\xa0chunked"]);
});

test("trimBlanks takes SP and HTAB from both ends and nothing else", () => {
  assert.equal(trimBlanks(" \t a b \t"), "a b");
  assert.equal(trimBlanks(" \t"), "");
  for (const kept of ["\xa0a\xa0", "\x0ba", "\ra\n", "\x85a", "\ufeffa"]) assert.equal(trimBlanks(kept), kept);
  assert.deepEqual(
    BYTES.filter((byte) => isBlank(byte.charCodeAt(0))),
    ["\t", " "],
  );
});
