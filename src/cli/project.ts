// What a new project consists of: its name, its files and its package.json, from a template and the package.json of tsgi. Pure: reads and
// writes nothing.

/** Beside the files in templates/<name>, what each needs of npm. The versions of packages are those that tsgi itself is tested with. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  tsgi: { summary: "a JSON service over the gateway interface itself, no framework", packages: [] },
  asgi: { summary: "a JSON service over ASGI 3.0, no framework", packages: [] },
  hono: { summary: "a JSON service with Hono", packages: ["hono"] },
  express: {
    summary: "a JSON service with Express",
    packages: ["express"],
    types: { "@types/express": "5.0.6" },
  },
  fastify: { summary: "a JSON service with Fastify", packages: ["fastify"] },
  site: {
    summary: "pages from the server with tsgi/application: routes, a form, a session, static files",
    packages: [],
    note: "In production it wants `SECRET_KEY` in its environment, a long random text that signs cookies: `SECRET_KEY=$(openssl rand -base64 32) npm start`,\n`docker run --env SECRET_KEY`, or a line in `/etc/__name__.env`.",
  },
};

export type TemplateName = "tsgi" | "asgi" | "hono" | "express" | "fastify" | "site";

interface Template {
  readonly summary: string;
  readonly packages: readonly string[];
  /** For the README of the project: what else has to be known. */
  readonly note?: string;
  /** Types that do not come with the package; tsgi itself needs none of them, so the versions stand here. */
  readonly types?: Readonly<Record<string, string>>;
}

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];
export const isTemplate = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);

/** What is read of tsgi's own package.json. */
export interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export interface ProjectSource {
  readonly template: TemplateName;
  readonly name: string;
  /** Texts by their path, those of the template after the common ones. */
  readonly texts: ReadonlyMap<string, string>;
  readonly manifest: Manifest;
}

/**
 * A name that is one for npm, for a systemd unit, for a user of the system and for an image: lower case ASCII letters, digits and dashes, a
 * letter first, 30 characters at most (useradd takes 32).
 *
 * @param folder The last part of the folder's path.
 */
export function projectName(folder: string, template: TemplateName): string {
  const plain = folder
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{Mark}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .replace(/^(?=\d)/, "app-")
    .slice(0, 30)
    .replace(/-+$/, "");
  const taken = ["root", "tsgi", "tsx", "typescript", "node-modules", ...TEMPLATES[template].packages];
  // A package that is called as one of those it depends on cannot import that, and the unit must not run as root.
  return plain === "" ? "app" : taken.includes(plain) ? `${plain}-app` : plain;
}

/** The whole project: texts by their path, `/` between its parts. */
export function projectFiles({ template, name, texts, manifest }: ProjectSource): ReadonlyMap<string, string> {
  const { summary, note } = TEMPLATES[template];
  const about = `${summary[0]!.toUpperCase()}${summary.slice(1)}. Served by tsgi.${note === undefined ? "" : `\n\n${note}`}`;
  const fill = (text: string): string => text.replaceAll("__about__", () => about).replaceAll("__name__", name);
  const files = new Map([["package.json", packageJson(template, name, manifest)]]);
  for (const [path, text] of texts) files.set(fill(stored(path)), fill(text));
  return files;
}

// npm leaves .gitignore out of a package, or takes it for its own .npmignore; so dots are stored as underscores.
const stored = (path: string): string => path.replace(/^_(?!_)/, ".");

function packageJson(template: TemplateName, name: string, manifest: Manifest): string {
  const { version, engines, dependencies, devDependencies } = manifest;
  const { packages, types = {} } = TEMPLATES[template];
  const known: Readonly<Record<string, string>> = { ...types, ...devDependencies, ...dependencies, tsgi: version };
  const wanted = (names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(names.toSorted().map((one) => [one, range(one, known[one])]));
  const project = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines,
    scripts: {
      dev: "tsgi dev",
      start: "tsgi serve --workers auto --env NODE_ENV=production",
      // The shell of Node 20 lists the files; newer ones understand the star themselves.
      test: "node --import tsx --test test/*.test.ts",
      check: "tsc --noEmit && tsgi check",
    },
    dependencies: wanted(["tsgi", ...packages]),
    devDependencies: wanted(["@types/node", "tsx", "typescript", ...Object.keys(types)]),
  };
  return `${JSON.stringify(project, null, 2)}\n`;
}

function range(name: string, version: string | undefined): string {
  if (version === undefined) throw new Error(`package.json of tsgi names no version of ${name}`);
  return `^${version.replace(/^\^/, "")}`;
}
