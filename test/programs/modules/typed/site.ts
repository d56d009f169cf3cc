type Start = (status: string, headers: []) => void;

class Site {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  app(_environ: object, startResponse: Start): string[] {
    startResponse("200 OK", []);
    return [`hello from ${this.#name}`];
  }

  make(): (environ: object, startResponse: Start) => string[] {
    return (environ, startResponse) => this.app(environ, startResponse);
  }
}

export const site = new Site("site.app");
export const nested = { deep: site };
export const create = () => new Site("create()").make();
export const createLater = async () => new Site("createLater()").make();
export const promised = Promise.resolve(new Site("promised").make());
export const later = Promise.resolve(new Site("later.app"));

export class Body {
  readonly #start: Start;

  constructor(_environ: object, startResponse: Start) {
    this.#start = startResponse;
  }

  *[Symbol.iterator](): Generator<string> {
    this.#start("200 OK", []);
    yield "hello from Body";
  }
}
