// The questions as ELM, written by hand: what a CQL library of the audit's plainest questions translates to.

const FHIR = "http://hl7.org/fhir";
const kind = (name) => `{${FHIR}}${name}`;

const retrieve = (resource, property, set) => ({
  type: "Retrieve",
  dataType: kind(resource),
  codeProperty: property,
  codes: { type: "ValueSetRef", name: set },
});
const exists = (operand) => ({ type: "Exists", operand });
const not = (operand) => ({ type: "Not", operand });
const ref = (name) => ({ type: "ExpressionRef", name });
const fold = (type, several) => several.reduce((left, right) => ({ type, operand: [left, right] }));
const at = (path, source) => ({ type: "Property", path, ...(source ? { source } : { scope: "it" }) });
const whole = (value) => ({ type: "Literal", valueType: "{urn:hl7-org:elm-types:r1}Integer", value: String(value) });
const decimal = (value) => ({ type: "Literal", valueType: "{urn:hl7-org:elm-types:r1}Decimal", value: String(value) });
const query = (expression, rest) => ({ type: "Query", source: [{ alias: "it", expression }], relationship: [], ...rest });

const drugs = (set) =>
  fold(
    "Or",
    ["MedicationRequest", "MedicationAdministration", "MedicationStatement", "MedicationDispense"].map((resource) =>
      exists(retrieve(resource, "medication", set)),
    ),
  );
const since = (years) => ({
  type: "Subtract",
  operand: [{ type: "ParameterRef", name: "as of" }, { type: "Quantity", value: years, unit: "years" }],
});
const recent = (set, years) =>
  query(retrieve("Observation", "code", set), {
    where: { type: "SameOrAfter", operand: [at("value", at("effective")), since(years)], precision: "Day" },
  });
const values = (set) =>
  query(retrieve("Observation", "code", set), { return: { expression: at("value", at("value", at("value"))) } });

const asked = {
  "On a checkpoint inhibitor": drugs("checkpoint inhibitors"),
  "On a bone agent": drugs("bone agents"),
  "On a glucocorticoid": drugs("glucocorticoids"),
  "Bone density in two years": exists(recent("bone density", 2)),
  "Vitamin D in a year": exists(recent("vitamin D", 1)),
  "Lowest T-score": { type: "Min", source: values("T-scores") },
  "Lowest eGFR": { type: "Min", source: values("eGFR") },
  "Fractures": { type: "Count", source: retrieve("Condition", "code", "fractures") },
  "High risk": fold("Or", [
    { type: "LessOrEqual", operand: [ref("Lowest T-score"), decimal(-2.5)] },
    { type: "Greater", operand: [ref("Fractures"), whole(0)] },
  ]),
  "No bone density": fold("And", [ref("On a checkpoint inhibitor"), not(ref("Bone density in two years"))]),
  "No vitamin D": fold("And", [ref("On a checkpoint inhibitor"), not(ref("Vitamin D in a year"))]),
  "Untreated at high risk": fold("And", [ref("High risk"), not(ref("On a bone agent"))]),
};

const patient = {
  name: "Patient",
  context: "Patient",
  expression: { type: "SingletonFrom", operand: { type: "Retrieve", dataType: kind("Patient") } },
};

export const library = (sets) => ({
  library: {
    identifier: { id: "BoneAudit", version: "1" },
    schemaIdentifier: { id: "urn:hl7-org:elm", version: "r1" },
    usings: {
      def: [
        { localIdentifier: "System", uri: "urn:hl7-org:elm-types:r1" },
        { localIdentifier: "FHIR", uri: FHIR, version: "4.0.1" },
      ],
    },
    parameters: { def: [{ name: "as of", accessLevel: "Public" }] },
    valueSets: { def: sets.map((name) => ({ name, id: name, accessLevel: "Public" })) },
    statements: {
      def: [
        patient,
        ...Object.entries(asked).map(([name, expression]) => ({
          name,
          context: "Patient",
          accessLevel: "Public",
          expression,
        })),
      ],
    },
  },
});
