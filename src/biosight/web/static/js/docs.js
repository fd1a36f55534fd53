// @ts-check
/** Swagger UI, from our own server. */
// @ts-ignore - a global of the bundle
window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger", deepLinking: true });
