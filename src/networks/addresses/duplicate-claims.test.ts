import fc from "fast-check";
import { expect, test } from "vitest";
import { ClaimTable } from "./claim-table.ts";
import { DuplicateClaims } from "./duplicate-claims.ts";

test("the table counts as a Map does", () => {
  const change = fc.tuple(fc.nat(60), fc.nat(3), fc.nat(4));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), fc.nat(), (changes, salt) => {
      const table = new ClaimTable(salt);
      const model = new Map<string, { owner: number; count: number }>();
      for (const [n, owner, count] of changes) {
        const claim = `10.0.0.${n}`;
        table.set(claim, owner, count);
        if (count === 0) model.delete(claim);
        else model.set(claim, { owner, count });
      }
      for (let n = 0; n <= 60; n++) expect(table.get(`10.0.0.${n}`)).toEqual(model.get(`10.0.0.${n}`));
      expect(table.size).toBe(model.size);
    }),
  );
});

test("claims that several owners make are listed, however they come and go", () => {
  const change = fc.record({
    wire: fc.constantFrom("a", "b"),
    claim: fc.constantFrom("x", "y", "z"),
    owner: fc.nat(3),
    add: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const claims = new DuplicateClaims(1);
      const model = new Map<string, Map<number, number>>();
      for (const { wire, claim, owner, add } of changes) {
        const key = `${wire} ${claim}`;
        const owners = model.get(key) ?? new Map<number, number>();
        model.set(key, owners);
        const count = owners.get(owner) ?? 0;
        if (!add && count === 0) continue; // who claims nothing takes nothing back
        if (add) claims.add(wire, claim, owner);
        else claims.remove(wire, claim, owner);
        if (add || count > 1) owners.set(owner, count + (add ? 1 : -1));
        else owners.delete(owner);
      }
      for (const wire of ["a", "b"]) {
        const listed = [...claims.duplicates(wire)].map(([claim, owners]) => [claim, [...owners].toSorted()]);
        const expected = ["x", "y", "z"]
          .map((claim): [string, Map<number, number>] => [claim, model.get(`${wire} ${claim}`) ?? new Map()])
          .filter(([, owners]) => owners.size > 1)
          .map(([claim, owners]) => [claim, [...owners].toSorted()]);
        expect(listed.toSorted()).toEqual(expected.toSorted());
      }
    }),
  );
});
