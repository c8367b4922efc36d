// Reads {asOf, sets, bundles} as JSON, asks the questions of every bundle several times, and prints the least CPU milliseconds
// a patient and what came of it. Each bundle is parsed from its text anew, as one reads it from an export.

import { readFileSync } from "node:fs";
import fhir from "cql-exec-fhir";
import cql from "cql-execution";
import { library } from "./library.mjs";

const ROUNDS = 3;
const { asOf, sets, bundles } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const texts = bundles.map((bundle) => JSON.stringify(bundle));
const codes = Object.fromEntries(Object.entries(sets).map(([name, several]) => [name, { 1: several }]));
const executor = new cql.Executor(
  new cql.Library(library(Object.keys(sets))),
  new cql.CodeService(codes),
  { "as of": cql.DateTime.parse(`${asOf}T00:00:00.0+00:00`) },
);

const counts = {};
const once = async (text, count) => {
  const source = fhir.PatientSource.FHIRv401();
  source.loadBundles([JSON.parse(text)]);
  const { patientResults } = await executor.exec(source);
  if (!count) return;
  for (const result of Object.values(patientResults))
    for (const [name, answer] of Object.entries(result)) counts[name] = (counts[name] ?? 0) + (answer === true || typeof answer === "number");
};

const times = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const before = process.cpuUsage();
  for (const text of texts) await once(text, round === 0);
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000 / texts.length);
}
console.log(JSON.stringify({ milliseconds: Math.min(...times), counts }));
