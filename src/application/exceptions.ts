// What may go wrong on the application side, by name, with the status that a client is answered with. Django's names where it has one.
// Knows no request, no response and no page.

/** A failure with a status: thrown by a view or a middleware, it becomes the response of that status. */
export class HttpError extends Error {
  /** 400 to 599. */
  readonly status: number;

  /** @throws RangeError for a status that is no error's. */
  constructor(status: number, message = "", options?: ErrorOptions) {
    super(message, options);
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`the status of an HttpError is a whole number from 400 to 599, not ${String(status)}`);
    }
    this.status = status;
    this.name = new.target.name;
  }
}

/** 400: what the client sent cannot be understood. */
export class BadRequest extends HttpError {
  constructor(message = "Bad Request", options?: ErrorOptions) {
    super(400, message, options);
  }
}

/** 403: who asks may not have it. */
export class PermissionDenied extends HttpError {
  constructor(message = "Forbidden", options?: ErrorOptions) {
    super(403, message, options);
  }
}

/** 404: there is no such thing (Django's Http404). */
export class NotFound extends HttpError {
  constructor(message = "Not Found", options?: ErrorOptions) {
    super(404, message, options);
  }
}

/** 404: no route matches the path. */
export class Resolver404 extends NotFound {
  readonly path: string;

  constructor(path: string) {
    super(`no route matches ${JSON.stringify(path)}`);
    this.path = path;
  }
}

/** 413: the body is larger than the settings allow. */
export class RequestDataTooBig extends HttpError {
  constructor(message = "Content Too Large", options?: ErrorOptions) {
    super(413, message, options);
  }
}

/** 415: a body of a type that is not read here. */
export class UnsupportedMediaType extends HttpError {
  constructor(message = "Unsupported Media Type", options?: ErrorOptions) {
    super(415, message, options);
  }
}

/** 400: something that no honest client sends. The message is for the log; the client is told no more than 400. */
export class SuspiciousOperation extends HttpError {
  constructor(message = "Suspicious operation", options?: ErrorOptions) {
    super(400, message, options);
  }
}

/** The Host field names no host of `settings.allowedHosts`. */
export class DisallowedHost extends SuspiciousOperation {}

/** A path that leads out of its folder. */
export class SuspiciousFileOperation extends SuspiciousOperation {}

/** More fields than `settings.dataUploadMaxNumberFields`. */
export class TooManyFields extends SuspiciousOperation {}

/** More files than `settings.dataUploadMaxNumberFiles`. */
export class TooManyFiles extends SuspiciousOperation {}

/** `request.stream` after the body was asked for, or the other way round: what was read is gone. A mistake of the application. */
export class RawStreamRead extends Error {
  override readonly name = "RawStreamRead";
}

/**
 * Something that goes out with the head of the response, as a cookie does, was said when the head was out: in the body of a StreamingResponse.
 * It would be lost without a word. A mistake of the application: to be said before.
 */
export class HeadIsOut extends Error {
  override readonly name = "HeadIsOut";

  /** @param what What came too late: `session.set("cart")`. */
  constructor(what: string) {
    super(
      `${what} comes too late: the head of the response is out, and its cookie with it; do it before the body begins`,
    );
  }
}

/** A mistake in settings, middlewares, routes or views: of who wrote the application, never of the client. */
export class ImproperlyConfigured extends Error {
  override readonly name = "ImproperlyConfigured";
}

/** Thrown by a middleware while it is made: it is left out of the chain. */
export class MiddlewareNotUsed extends Error {
  override readonly name = "MiddlewareNotUsed";
}

/** No route of that name takes these parameters. */
export class NoReverseMatch extends Error {
  override readonly name = "NoReverseMatch";
}

/** An address to redirect to that is neither relative nor of http: or https:. It often comes with the request, as what follows a login. */
export class DisallowedRedirect extends SuspiciousOperation {}

/** A signed value that was not signed with this key, or was changed. It came from a client, so one that nobody catches is a 400. */
export class BadSignature extends SuspiciousOperation {
  constructor(message = "the signature does not match", options?: ErrorOptions) {
    super(message, options);
  }
}

/** A signed value whose signature is right, and older than it may be. */
export class SignatureExpired extends BadSignature {}
