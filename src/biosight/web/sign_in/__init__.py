"""Ways to sign in a browser: session, OpenID Connect, and a proxy's header."""
