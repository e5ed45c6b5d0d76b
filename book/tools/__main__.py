"""`python -m book.tools`: see `cli`."""

import sys

from book.tools.cli import main

sys.exit(main())
