"""The headline experiments: what is measured, at which scale, and the ledger of results."""
