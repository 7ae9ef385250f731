import { constructFromEvents, EVENT_ID, type Event, parseEvents } from "js-yaml";
import { positions } from "../cni/scan.ts";
import { Places } from "./places.ts";

export interface SourceDocument {
  /** From 0, as the file separates them; an empty one counts. */
  index: number;
  value: unknown;
  places: Places;
}

/** The documents of a YAML or JSON text. Throws js-yaml's YAMLException. */
export function parseDocuments(source: string): SourceDocument[] {
  const events = parseEvents(source, {});
  const values = constructFromEvents(events, { source });
  const position = positions(source);
  return splitByDocument(events).map((own, index) => ({
    index,
    value: values[index],
    places: new Places(source, own, position),
  }));
}

function splitByDocument(events: readonly Event[]): Event[][] {
  const starts = events.flatMap(({ type }, i) => (type === EVENT_ID.DOCUMENT ? [i] : []));
  return starts.map((start, i) => events.slice(start, starts[i + 1]));
}
