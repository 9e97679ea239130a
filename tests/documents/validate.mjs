// Checks documents with the specifications' own tools: every folder given as an argument holds some of `asyncapi.json`,
// `openapi.json` and `schema.json`. Examples are checked against the schemas beside them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

// The tools lie below target/, not beside this file.
const require = createRequire(pathToFileURL(join(process.env.MODULES, "package.json")));
const { Parser } = require("@asyncapi/parser");
const { validate, compileErrors } = require("@readme/openapi-parser");
const Ajv = require("ajv/dist/2020").default;
const Draft7 = require("ajv").default;
const addFormats = require("ajv-formats").default;
const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));

let failures = 0;

function report(file, what, problems, note = "") {
  if (problems.length === 0) {
    console.log(`ok    ${file}: ${what}${note}`);
    return;
  }
  failures += problems.length;
  for (const problem of problems) console.error(`FAIL  ${file}: ${what}: ${problem}`);
}

// AsyncAPI 3.0.0. Its parser does not look at the examples of messages: they are checked as draft 7, on which its schemas build.
async function asyncapi(file) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  const said = diagnostics.map(({ severity, code, message, path }) => ({
    severity,
    // A newer version of the specification is no mistake of a document.
    text: `${code} at ${path.join("/") || "the top"}: ${message}`,
  }));
  const wrong = said.filter(({ severity }) => severity <= 1).map(({ text }) => text);
  if (!document && wrong.length === 0) wrong.push("the parser made no document of it");
  const found = document
    ? `: ${document.channels().length} channels, ${document.operations().length} operations, ${document.messages().length} messages`
    : "";
  report(file, "@asyncapi/parser", wrong, found);
  for (const { severity, text } of said) if (severity > 1) console.log(`      note: ${text}`);
  const plain = JSON.parse(readFileSync(file, "utf8"));
  const ajv = schemas(plain, Draft7);
  const wrongExamples = [];
  let count = 0;
  const check = (schema, example, at) => {
    count += 1;
    const valid = ajv.compile({ $ref: `document${pointer(at, ...schema)}` });
    if (!valid(example)) wrongExamples.push(`${at.join("/")}: ${ajv.errorsText(valid.errors)}`);
  };
  walk(plain, [], (value, at) => {
    if (value.payload) for (const { payload } of value.examples ?? []) check(["payload"], payload, at);
    else if (value["x-schema"]) return; // A parameter: its examples are text.
    else if (at.at(-1) !== "properties") for (const example of value.examples ?? []) check([], example, at);
  });
  report(file, "examples", wrongExamples, `: ${count}`);
}

// OpenAPI 3.1, by two tools that share no code, and its examples.
async function openapi(file) {
  const text = readFileSync(file, "utf8");
  const result = await validate(JSON.parse(text), { validate: { errors: { colorize: false } } });
  const warned = (result.warnings ?? []).map(({ message }) => message);
  report(file, "@readme/openapi-parser", result.valid ? warned : [compileErrors(result)]);
  const strict = await new Validator().validate(JSON.parse(text));
  const errors = typeof strict.errors === "string" ? [strict.errors] : (strict.errors ?? []);
  report(
    file,
    "@seriousme/openapi-schema-validator",
    strict.valid ? [] : errors.map((error) => JSON.stringify(error)),
  );
  const document = JSON.parse(text);
  let count = 0;
  const wrong = [];
  const ajv = schemas(document);
  const check = (schema, example, at) => {
    count += 1;
    const valid = ajv.compile({ $ref: `document${pointer(at, schema)}` });
    if (!valid(example)) wrong.push(`${at.join("/")}: ${ajv.errorsText(valid.errors)}`);
  };
  walk(document, [], (value, at) => {
    if (!value.schema) return;
    // Server-sent events are text around values.
    if (at.at(-1) === "text/event-stream") return;
    if ("example" in value) check("schema", value.example, at);
    for (const { value: example } of Object.values(value.examples ?? {})) check("schema", example, at);
  });
  report(file, "examples", wrong, `: ${count}`);
}

// JSON Schema 2020-12: every definition compiles strictly, and its examples are valid.
function jsonSchema(file) {
  const document = JSON.parse(readFileSync(file, "utf8"));
  const wrong = [];
  const ajv = schemas(document);
  if (!ajv.validateSchema(document)) wrong.push(ajv.errorsText(ajv.errors));
  let count = 0;
  for (const name of Object.keys(document.$defs)) {
    try {
      ajv.compile({ $ref: `document${pointer(["$defs"], name)}` });
    } catch (error) {
      wrong.push(`${name}: ${error.message}`);
    }
  }
  walk(document, [], (schema, at) => {
    if (at.at(-1) === "properties") return;
    for (const example of [...(schema.examples ?? []), ...("default" in schema ? [schema.default] : [])]) {
      count += 1;
      const valid = ajv.compile({ $ref: `document${pointer(at)}` });
      if (!valid(example)) wrong.push(`${at.join("/")}: ${ajv.errorsText(valid.errors)}`);
    }
  });
  report(file, "ajv 2020-12", wrong, `: ${Object.keys(document.$defs).length} definitions, ${count} examples and defaults`);
}

function schemas(document, Version = Ajv) {
  const ajv = new Version({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  addFormats(ajv);
  // What designs know beside the formats of JSON Schema, as far as an example can tell.
  for (const bits of [8, 16, 32, 64]) for (const sign of ["", "u"]) ajv.addFormat(`${sign}int${bits}`, true);
  ajv.addFormat("mac", /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i);
  ajv.addFormat("cidr", /^[0-9a-f.:]+\/\d+$/i);
  ajv.addFormat("regexp", true);
  ajv.addFormat("json", (text) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  });
  ajv.addFormat("rfc1123", /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \S+$/);
  ajv.addVocabulary(extensions(document));
  // The document itself is not a schema where it is OpenAPI: only its parts are looked at.
  ajv.addSchema({ $id: "document", ...document }, "document", false, false);
  return ajv;
}

// Every `x-` member of the document, and what is no keyword of a schema.
function extensions(document) {
  const names = new Set();
  walk(document, [], (value) => {
    for (const name of Object.keys(value)) if (name.startsWith("x-")) names.add(name);
  });
  const shared = ["info", "servers", "components", "tags", "externalDocs"];
  if (document.openapi) names.add("openapi").add("paths");
  if (document.asyncapi) for (const name of ["asyncapi", "defaultContentType", "channels", "operations"]) names.add(name);
  if (document.openapi || document.asyncapi) for (const name of shared) names.add(name);
  return [...names];
}

function walk(value, at, visit) {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) visit(value, at);
  for (const [name, inner] of Object.entries(value)) {
    if (name !== "example" && name !== "examples") walk(inner, [...at, name], visit);
  }
}

function pointer(at, ...more) {
  return "#" + [...at, ...more].map((part) => "/" + encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("");
}

const folders = process.argv.slice(2);
for (const [index, folder] of folders.entries()) {
  console.log(`[${index + 1}/${folders.length}] ${folder}`);
  let found = 0;
  for (const [name, check] of Object.entries({ "asyncapi.json": asyncapi, "openapi.json": openapi, "schema.json": jsonSchema })) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    found += 1;
    await check(file);
  }
  if (found === 0) report(folder, "documents", ["there are none"]);
}
if (folders.length === 0) report("documents", "folders", ["none was given"]);
console.log(failures === 0 ? "all documents are valid" : `${failures} problems`);
process.exit(failures === 0 ? 0 : 1);
