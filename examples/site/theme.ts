// Light or dark: a preference of the visitor, kept in a signed cookie. It needs no session and no account.

import { BadSignature, type Request, type Response } from "tsgi/application";

export const THEMES = { auto: "Auto", light: "Light", dark: "Dark" } as const;
export type Theme = keyof typeof THEMES;

const YEAR_S = 365 * 24 * 60 * 60;

const isTheme = (text: string | null | undefined): text is Theme => text != null && Object.hasOwn(THEMES, text);

/** What a form or a cookie says, or `auto`. */
export const themeFrom = (text: string | null | undefined): Theme => (isTheme(text) ? text : "auto");

export function themeOf(request: Request): Theme {
  try {
    return themeFrom(request.getSignedCookie("theme"));
  } catch (error) {
    // Somebody wrote it by hand, or the secret is a new one. A theme is not worth an error.
    if (error instanceof BadSignature) return "auto";
    throw error;
  }
}

export function keepTheme(request: Request, response: Response, theme: Theme): void {
  response.setSignedCookie("theme", theme, { request, maxAge: YEAR_S, httpOnly: true, secure: request.isSecure });
}
