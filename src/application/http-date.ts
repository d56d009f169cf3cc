// Dates as HTTP writes them (RFC 9110 section 5.6.7): whole seconds, in GMT.

/** @param time Milliseconds. */
export const httpDate = (time: number | Date): string => new Date(time).toUTCString();

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const CLOCK = String.raw`(\d{2}):(\d{2}):(\d{2})`;
const IMF = new RegExp(String.raw`^(?:mon|tue|wed|thu|fri|sat|sun), (\d{2}) ([a-z]{3}) (\d{4}) ${CLOCK} gmt$`);
const RFC850 = new RegExp(String.raw`^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) ${CLOCK} gmt$`);
const ASCTIME = new RegExp(String.raw`^[a-z]{3} ([a-z]{3}) ([\d ]\d) ${CLOCK} (\d{4})$`);

/** Milliseconds, of any of the three forms that a recipient must take; undefined for anything else. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const lower = text.trim().toLowerCase();
  const imf = IMF.exec(lower);
  if (imf !== null) return timeOf(imf[3]!, imf[2]!, imf[1]!, imf.slice(4));
  const rfc850 = RFC850.exec(lower);
  if (rfc850 !== null) return timeOf(fullYear(rfc850[3]!), rfc850[2]!, rfc850[1]!, rfc850.slice(4));
  const asctime = ASCTIME.exec(lower);
  if (asctime !== null) return timeOf(asctime[6]!, asctime[1]!, asctime[2]!, asctime.slice(3, 6));
  return undefined;
}

function timeOf(year: string, monthName: string, day: string, clock: readonly string[]): number | undefined {
  const month = MONTHS.indexOf(monthName);
  const [hours, minutes, seconds] = clock.map(Number) as [number, number, number];
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for those of the last century.
  date.setUTCFullYear(Number(year), month, Number(day));
  if (date.getUTCMonth() !== month || date.getUTCDate() !== Number(day)) return undefined;
  return date.setUTCHours(hours, minutes, seconds);
}

/** Two digits that seem to be more than 50 years ahead are the last year that ended with them. */
function fullYear(twoDigits: string): string {
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + Number(twoDigits);
  return String(year > now + 50 ? year - 100 : year);
}
