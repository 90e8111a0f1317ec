"""Commands at the edges: acts on many cases, the log of what one did, undo, their REST twins. The service is `desk.acting`."""
