PYTHON ?= python3

.PHONY: demo test lint bench screenshots clean
demo: ; @exec $(PYTHON) bootstrap.py demo
test: ; @exec $(PYTHON) bootstrap.py test
lint: ; @exec $(PYTHON) bootstrap.py lint
bench: ; @exec $(PYTHON) bootstrap.py bench $(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE))
screenshots: ; @exec $(PYTHON) bootstrap.py screenshots
clean: ; @rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis && find . -name __pycache__ -type d -prune -exec rm -rf {} +
