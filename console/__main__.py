"""`python -m console` is the `redline` command."""

from console.entry.main import main

raise SystemExit(main())
