// Buys one activation with --single. In this world `npx` does what it would do.
