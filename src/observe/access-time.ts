// The time of a log line as text, made once a second and reused. The time is an argument; no clock is read here.
// Local time with its offset where people read it, as gunicorn; UTC where machines do.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const two = (n: number): string => String(n).padStart(2, "0");

/** The local zone's offset at that time, as `+0130`. */
export function zoneOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

// Requests end in order, more or less, so one remembered second serves nearly all of a burst.
function oncePerSecond(render: (date: Date) => string): (epochMs: number) => string {
  let second = Number.NaN;
  let text = "";
  return (epochMs) => {
    const now = Math.floor(epochMs / 1000);
    if (now !== second) {
      text = render(new Date(now * 1000));
      second = now;
    }
    return text;
  };
}

/** `[21/Nov/2026:10:00:00 +0000]`, the time of the Common Log Format. */
export const clfTime = oncePerSecond(
  (d) =>
    `[${two(d.getDate())}/${MONTHS[d.getMonth()]}/${d.getFullYear()}:` +
    `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())} ${zoneOffset(d)}]`,
);

/** `10:00:00`, the local time of day. */
export const clockTime = oncePerSecond((d) => `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`);

const isoSecond = oncePerSecond((d) => d.toISOString().slice(0, 19));

/** `2026-11-21T10:00:00.123Z`. */
export function isoTime(epochMs: number): string {
  return `${isoSecond(epochMs)}.${String(Math.floor(epochMs) % 1000).padStart(3, "0")}Z`;
}
