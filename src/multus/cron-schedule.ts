/**
 * What robfig/cron and gocron, with which whereabouts reads its schedule, reject although each field of it is valid. All
 * functions take an expression that the schema accepts (src/crds/multus-install/whereabouts.ts).
 */

/** The days of each month; gocron takes 29 February, which comes within the five years that it looks ahead. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The first range of a cron expression whose end is lower than its beginning. */
export function reversedRange(schedule: string): string | undefined {
  const ranges = [...schedule.matchAll(/(\d+)-(\d+)/g)];
  return ranges.find(([, from, to]) => Number(to) < Number(from))?.[0];
}

/**
 * Whether no day of its months is one of its days, such as 30 February: gocron rejects it. A day of the week, if it is
 * restricted, is enough without the day of the month (dayMatches of robfig/cron).
 */
export function neverComes(schedule: string): boolean {
  const [, , days = "", months = "", weekdays = ""] = schedule.split(" ");
  if (!isUnrestricted(weekdays)) return false;
  const first = Math.min(...numbers(days, 1, 31));
  return numbers(months, 1, 12).every((month) => first > (DAYS[month - 1] ?? 0));
}

/** A field with `*`; with a step above 1 it is a restriction. */
function isUnrestricted(field: string): boolean {
  return field.split(",").some((part) => /^\*(\/1)?$/.test(part));
}

/** The numbers of a field. N/step is N-max/step. */
function numbers(field: string, min: number, max: number): number[] {
  return field.split(",").flatMap((part) => {
    const [range = "", step] = part.split("/");
    const [from, to = step === undefined ? from : max] =
      range === "*" ? [min, max] : range.split("-").map(Number);
    const found: number[] = [];
    for (let n = from ?? min; n <= (to ?? max); n += Number(step ?? 1)) found.push(n);
    return found;
  });
}
