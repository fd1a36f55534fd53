/** The API's answers and bodies by name, from the OpenAPI document; `make lint-js` makes the package. */
type Schemas = import("biosight-api").components["schemas"];
