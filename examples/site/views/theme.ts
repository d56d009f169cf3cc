// Takes the choice of a theme, and leads back to the page on which it was made.

import { Redirect, type Request } from "tsgi/application";
import { keepTheme, themeFrom } from "../theme.ts";

export async function theme(request: Request): Promise<Redirect> {
  const { fields } = await request.form();
  const response = new Redirect(localPath(fields.get("next")) ?? request.reverse("notes"));
  keepTheme(request, response, themeFrom(fields.get("theme")));
  return response;
}

/** Only a path of this site, or our redirect would lend its good name to any other. Browsers read `//host` and `/\host` as another host. */
const localPath = (next: string | null): string | undefined =>
  next !== null && /^\/(?![/\\])/.test(next) ? next : undefined;
