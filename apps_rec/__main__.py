"""`python -m apps_rec` is `apps-rec`."""

import sys

from apps_rec.cli.main import main

sys.exit(main())
