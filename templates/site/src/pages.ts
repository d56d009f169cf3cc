// Pages as functions. What is put into html`...` is escaped.

import { type Html, html, type Request } from "tsgi/application";
import { LONGEST } from "./books.ts";

export function page(request: Request, title: string, main: Html): Html {
  const files = request.scriptName + request.settings.static.url;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${files}site.css">
<link rel="icon" type="image/svg+xml" href="${files}icon.svg">
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
}

interface List {
  readonly books: readonly string[];
  /** What stands in the form. */
  readonly title: string;
  readonly mistake: string | undefined;
}

export function listPage(request: Request, { books, title, mistake }: List): Html {
  const token = html`<input type="hidden" name="csrfToken" value="${request.csrfToken()}">`;
  const row = (book: string, index: number): Html => html`<li>${book}
<form method="post" action="${request.reverse("remove", { index })}">${token}<button class="quiet" aria-label="Remove ${book}">Remove</button></form></li>
`;
  return page(
    request,
    "Books to read",
    html`${[...request.messages].map(
      ({ level, text }) => html`<p class="${level}" role="status">${text}</p>
`,
    )}${books.length === 0 ? html`<p>None yet.</p>` : html`<ul>${books.map(row)}</ul>`}
<form method="post">${token}
<label for="title">Title</label>
<input id="title" name="title" value="${title}" maxlength="${LONGEST}" required${mistake === undefined ? "" : html` aria-invalid="true" aria-describedby="mistake"`}>
<button>Add</button>
${mistake === undefined ? "" : html`<p id="mistake" class="error" role="alert">${mistake}</p>`}
</form>`,
  );
}
