#!/usr/bin/env bash
# Set up the training environment in models/training/.venv and run smoke.py in it.
set -euo pipefail
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || python3 -m venv .venv
. .venv/bin/activate
pip install --quiet --disable-pip-version-check --requirement requirements.txt
python smoke.py
