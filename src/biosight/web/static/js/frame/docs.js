// @ts-check
/** Swagger UI, from our own server. */
// @ts-expect-error - a global of the bundle
window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger", deepLinking: true });
