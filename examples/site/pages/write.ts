// The form for a note, empty or as it came back: what was typed stays, and each mistake stands beside its field.

import { type Html, html, type Request } from "tsgi/application";
import { KINDS } from "../kinds.ts";
import { EMPTY, type Field, LENGTHS, type Mistakes, type Values } from "../note-form.ts";
import { PICTURE_TYPES } from "../picture.ts";
import { csrfField, page, sign } from "./layout.ts";
import { sizeText } from "./notes.ts";

export interface Filled {
  readonly values?: Partial<Values>;
  readonly mistakes?: Mistakes;
}

export function writePage(request: Request, { values = {}, mistakes = {} }: Filled = {}): Html {
  const now = { ...EMPTY, ...values };
  const { fileUploadMaxSize } = request.settings;
  const wrong = Object.entries(mistakes);
  return page(
    request,
    { title: wrong.length === 0 ? "Write a note" : "Not yet", here: "write", narrow: true },
    html`<div class="intro"><h1>Write a note</h1><p>Everybody can read it. Only you, in this browser, can remove it again.</p></div>
${wrong.length === 0 ? "" : summary(wrong)}
<form class="card fields" method="post" action="${request.reverse("write")}" enctype="multipart/form-data" novalidate>
${csrfField(request)}
${line("title", "What did you see?")}
<fieldset class="field"${describedBy("kind")}><legend>What was it?</legend>
<div class="chips" id="kind">${KINDS.map(chip)}</div>${mistake("kind")}</fieldset>
<div class="field"><label for="text">Tell about it</label>
<textarea id="text" name="text" required maxlength="${LENGTHS.text}"${describedBy("text")}>
${now.text}</textarea>${mistake("text")}</div>
<div class="pair">${line("place", "Where?", "optional")}${line("author", "Your name", undefined, "nickname")}</div>
<div class="field"><label for="picture">A picture <span class="soft">optional, up to ${sizeText(fileUploadMaxSize ?? 0)}</span></label>
<input id="picture" name="picture" type="file" accept="${PICTURE_TYPES}"${describedBy("picture")}>${mistake("picture")}</div>
${line("alt", "What does the picture show?", "for those who cannot see it")}
<div class="actions"><button>Put it into the notebook</button><a class="button plain" href="${request.reverse("notes")}">Not now</a></div>
</form>`,
  );

  function line(field: Field, label: string, hint?: string, autocomplete = "off"): Html {
    const required = hint === undefined ? html` required` : "";
    return html`<div class="field"><label for="${field}">${label} ${hint === undefined ? "" : html`<span class="soft">${hint}</span>`}</label>
<input id="${field}" name="${field}" value="${now[field]}" maxlength="${LENGTHS[field]}" autocomplete="${autocomplete}"${required}${describedBy(field)}>${mistake(field)}</div>`;
  }

  function chip(kind: (typeof KINDS)[number]): Html {
    const checked = kind.value === now.kind ? html` checked` : "";
    return html`<label><input type="radio" name="kind" value="${kind.value}"${checked}><span>${sign(kind.sign)}${kind.label}</span></label>`;
  }

  function describedBy(field: keyof Mistakes): Html {
    return mistakes[field] === undefined ? html`` : html` aria-invalid="true" aria-describedby="${field}-mistake"`;
  }

  function mistake(field: keyof Mistakes): Html {
    const text = mistakes[field];
    return text === undefined
      ? html``
      : html`<p class="mistake" id="${field}-mistake">${sign("M12 8v5m0 3h.01M12 3l9 17H3z")}${text}</p>`;
  }
}

function summary(wrong: readonly (readonly [string, string])[]): Html {
  return html`<div class="mistakes" role="alert"><h2>${wrong.length === 1 ? "One thing is" : `${wrong.length} things are`} missing or wrong</h2>
<ul>${wrong.map(([field, text]) => html`<li><a href="#${field}">${text}</a></li>`)}</ul></div>`;
}
